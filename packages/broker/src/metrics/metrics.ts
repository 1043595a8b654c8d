import { Counter, Gauge, Registry } from 'prom-client';
import type { App } from '../app/local-app.ts';
import type { Apps } from '../app/apps.ts';

type Reading = (app: App) => number;

const GAUGES: Readonly<Record<string, readonly [help: string, read: Reading]>> = {
  connections: ['Connections at the moment', (app) => app.connections],
  channels: ['Channels that are subscribed to', (app) => app.channelCount],
  users: ['Users who are signed in', (app) => app.users.count],
};

const COUNTERS: Readonly<Record<string, readonly [help: string, read: Reading]>> = {
  connections_total: ['Connections since the start', ({ counters }) => counters.connections],
  publications_total: [
    'Events published over HTTP, one for each channel',
    ({ counters }) => counters.publications,
  ],
  client_events_total: ['Events from clients', ({ counters }) => counters.clientEvents],
  deliveries_total: ['Events sent to subscribers', ({ counters }) => counters.deliveries],
  slow_consumers_total: [
    'Connections cut because they did not read',
    ({ counters }) => counters.slowConsumers,
  ],
  webhook_events_sent_total: [
    'Events that a webhook has taken',
    ({ counters }) => counters.webhookEventsSent,
  ],
  webhook_events_lost_total: [
    'Events that a webhook has not taken in time',
    ({ counters }) => counters.webhookEventsLost,
  ],
};

function label({ options }: App): { app: string } {
  return { app: options.appId };
}

/** What is known of each app, and of the process, read when somebody asks. */
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
      help: 'Resident memory of the process',
      registers: [],
      collect() {
        this.set(process.memoryUsage.rss());
      },
    }),
  );
  return registry;
}
