import { Counter, Gauge, Registry } from 'prom-client';
import type { App, AppHost, ClusterState } from '../app/app.ts';
import type { Apps } from '../app/apps.ts';

type Reading = (app: App) => number;
type ReadCluster = (state: ClusterState) => number;

const GAUGES: Readonly<Record<string, readonly [help: string, read: Reading]>> = {
  connections: ['Open connections', ({ size }) => size.connections],
  channels: ['Channels with at least one subscriber', ({ size }) => size.channels],
  users: ['Signed-in users', ({ size }) => size.users],
};

const COUNTERS: Readonly<Record<string, readonly [help: string, read: Reading]>> = {
  connections_opened_total: ['Connections opened', ({ counters }) => counters.connections],
  publications_total: [
    'Events published over the HTTP API, counted once per channel',
    ({ counters }) => counters.publications,
  ],
  client_events_total: ['Client events', ({ counters }) => counters.clientEvents],
  deliveries_total: [
    'Events sent to subscribers, counted once per subscriber',
    ({ counters }) => counters.deliveries,
  ],
  slow_consumers_total: [
    'Connections closed because the client read too slowly',
    ({ counters }) => counters.slowConsumers,
  ],
  webhook_events_sent_total: [
    'Events that a webhook accepted',
    ({ counters }) => counters.webhookEventsSent,
  ],
  webhook_events_dropped_total: [
    'Events dropped because a webhook did not accept them in time',
    ({ counters }) => counters.webhookEventsDropped,
  ],
};

function label({ options }: App): { app: string } {
  return { app: options.appId };
}

const CLUSTER_GAUGES: Readonly<Record<string, readonly [help: string, read: ReadCluster]>> = {
  nodes: ['Nodes of the cluster that this one knows, with itself', ({ nodes }) => nodes],
  connected: [
    'Whether the other nodes can be reached: 1 or 0',
    ({ isConnected }) => Number(isConnected),
  ],
};

const CLUSTER_COUNTERS: Readonly<Record<string, readonly [help: string, read: ReadCluster]>> = {
  lost_events_total: [
    'Events of other nodes that were lost because this one could not be reached for too long',
    ({ lostEvents }) => lostEvents,
  ],
  ignored_messages_total: [
    'Messages of the bus that were ignored because they are not of a broker',
    ({ ignoredMessages }) => ignoredMessages,
  ],
};

/** Metrics of each app, the cluster and the process. Values are read at each scrape. */
export function metricsOf(apps: Apps, host: Pick<AppHost, 'cluster'>): Registry {
  const registry = new Registry();
  const common = { labelNames: ['app'], registers: [] };
  for (const [name, [help, read]] of Object.entries(GAUGES)) {
    registry.registerMetric(
      new Gauge({
        ...common,
        name: `rollcall_broker_${name}`,
        help,
        collect() {
          this.reset();
          for (const app of apps) this.set(label(app), read(app));
        },
      }),
    );
  }
  for (const [name, [help, read]] of Object.entries(COUNTERS)) {
    registry.registerMetric(
      new Counter({
        ...common,
        name: `rollcall_broker_${name}`,
        help,
        collect() {
          this.reset();
          for (const app of apps) this.inc(label(app), read(app));
        },
      }),
    );
  }
  if (host.cluster !== undefined) registerCluster(registry, () => host.cluster);
  registry.registerMetric(
    new Gauge({
      name: 'process_resident_memory_bytes',
      help: 'Resident memory size in bytes',
      registers: [],
      collect() {
        this.set(process.memoryUsage.rss());
      },
    }),
  );
  return registry;
}

function registerCluster(registry: Registry, state: () => ClusterState | undefined): void {
  for (const [name, [help, read]] of Object.entries(CLUSTER_GAUGES)) {
    registry.registerMetric(
      new Gauge({
        name: `rollcall_broker_cluster_${name}`,
        help,
        registers: [],
        collect() {
          const current = state();
          if (current !== undefined) this.set(read(current));
        },
      }),
    );
  }
  for (const [name, [help, read]] of Object.entries(CLUSTER_COUNTERS)) {
    registry.registerMetric(
      new Counter({
        name: `rollcall_broker_cluster_${name}`,
        help,
        registers: [],
        collect() {
          this.reset();
          const current = state();
          if (current !== undefined) this.inc(read(current));
        },
      }),
    );
  }
}
