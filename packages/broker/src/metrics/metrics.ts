import type { App } from '../app.ts';
import type { Apps } from '../apps.ts';
import type { Metric } from './exposition.ts';

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

/** What is known of each app, and of the process. */
export function readMetrics(apps: Apps): Metric[] {
  return [
    ...metricsOf(apps, 'gauge', GAUGES),
    ...metricsOf(apps, 'counter', COUNTERS),
    {
      name: 'process_resident_memory_bytes',
      help: 'Resident memory of the process',
      type: 'gauge',
      samples: [{ labels: {}, value: process.memoryUsage.rss() }],
    },
  ];
}

function metricsOf(apps: Apps, type: Metric['type'], readings: typeof GAUGES): Metric[] {
  return Object.entries(readings).map(([name, [help, read]]) => ({
    name: `rollcall_broker_${name}`,
    help,
    type,
    samples: Array.from(apps, (app) => ({ labels: { app: app.options.appId }, value: read(app) })),
  }));
}
