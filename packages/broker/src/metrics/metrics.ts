import { Counter, Gauge, Registry } from 'prom-client';
import type { App } from '../app/app.ts';
import type { Apps } from '../app/apps.ts';

type Reading = (app: App) => number;

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

/** Metrics of each app and of the process. Values are read at each scrape. */
export function metricsOf(apps: Apps): Registry {
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
