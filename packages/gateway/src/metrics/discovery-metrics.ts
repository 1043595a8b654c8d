import type { Change, Directory } from '@rollcall/client';
import { isEventName } from '@rollcall/protocol';
import type { InstanceState } from '@rollcall/protocol';
import type { InstanceStates } from '../traffic/instance-states.ts';
import { newCounts, observeSeconds } from '../traffic/counts.ts';
import { LabelCounter } from './label-counter.ts';
import type { MetricsRegistry, Labels } from './metrics-registry.ts';

/** An instance that started longer ago was not announced for the first time. */
const MAX_REGISTRATION_MS = 60_000;
const STATES: readonly InstanceState[] = [
  'healthy',
  'suspect',
  'down',
  'ejected',
  'draining',
  'drained',
];

export interface DiscoveryMetricsOptions {
  readonly directory: Pick<
    Directory,
    'on' | 'isConnected' | 'instances' | 'prefixes' | 'routable' | 'peers'
  >;
  readonly states: Pick<InstanceStates, 'read'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Adds the metrics of discovery: the connection to the registry, the table and its probes. */
export function addDiscoveryMetrics(
  metrics: MetricsRegistry,
  { directory, states, now }: DiscoveryMetricsOptions,
): void {
  const messages = new LabelCounter();
  const refusals = new LabelCounter();
  const drops = new LabelCounter();
  const changes = new LabelCounter();
  const probes = new LabelCounter();
  const delays = newCounts();
  let lostAt: number | undefined = directory.isConnected ? undefined : now();

  // Everyone with the secret can send events of any name, and each would be a label value of its own.
  directory.on('received', (event) =>
    messages.add({ event: isEventName(event) ? event : 'other' }),
  );
  directory.on('dropped', (why) => drops.add({ why }));
  directory.on('refused', (_event, { code }) => refusals.add({ code }));
  directory.on('probed', (result, by) => probes.add({ result, by }));
  directory.on('change', (change) => {
    changes.add({ type: change.type });
    const delay = announcedAgo(change, now());
    if (delay !== undefined) observeSeconds(delays, delay / 1000);
  });
  directory.on('disconnected', () => (lostAt = now()));
  directory.on('connected', () => (lostAt = undefined));

  metrics.gauge(
    { name: 'connected', help: '1 while the gateway is connected to the registry' },
    () => [[{}, directory.isConnected ? 1 : 0]],
  );
  metrics.gauge(
    {
      name: 'table_age_seconds',
      help: 'Seconds since the table last followed the registry; 0 while it does',
    },
    () => [[{}, lostAt === undefined ? 0 : (now() - lostAt) / 1000]],
  );
  metrics.counter(
    { name: 'messages_total', help: 'Messages received from the registry' },
    () => messages,
  );
  metrics.counter(
    { name: 'messages_refused_total', help: 'Messages from the registry that were refused' },
    () => refusals,
  );
  metrics.counter(
    { name: 'messages_dropped_total', help: 'Messages from the registry that were not taken in' },
    () => drops,
  );
  metrics.counter({ name: 'changes_total', help: 'Changes of the table' }, () => changes);
  metrics.histogram(
    {
      name: 'registration_seconds',
      help: 'Time from the start of an instance, by its own clock, until it is in the table',
    },
    () => [[{}, delays]],
  );
  metrics.gauge({ name: 'instances', help: 'Instances in the table, by their state' }, () =>
    instancesOf(directory, states),
  );
  metrics.gauge({ name: 'routable_instances', help: 'Instances that receive traffic' }, () => {
    const read = states.read();
    return directory
      .prefixes()
      .map((prefix) => [
        { route: prefix || '/' },
        directory.routable(prefix).filter((each) => read(each).isRoutable).length,
      ]);
  });
  metrics.counter(
    { name: 'probes_total', help: 'Results of probes, and of requests that count as one' },
    () => probes,
  );
  metrics.gauge({ name: 'peers', help: 'Other gateways on the registry' }, () => [
    [{}, directory.peers().length],
  ]);
  metrics.gauge(
    {
      name: 'agreeing_peers',
      help: 'Other gateways whose table was the same at their last roll call',
    },
    () => [
      [
        {},
        directory
          .peers()
          .filter(({ missingThere, missingHere }) => missingThere === 0 && missingHere === 0)
          .length,
      ],
    ],
  );
}

function instancesOf(
  directory: Pick<Directory, 'prefixes' | 'instances'>,
  states: Pick<InstanceStates, 'read'>,
): [Labels, number][] {
  const read = states.read();
  return directory.prefixes().flatMap((prefix) => {
    const all = directory.instances(prefix).map((each) => read(each).state);
    return STATES.map((status): [Labels, number] => [
      { route: prefix || '/', status },
      all.filter((each) => each === status).length,
    ]);
  });
}

/** Returns the milliseconds since an instance started if this is its first announcement: `inc` is its start time. */
function announcedAgo({ type, instance, was }: Change, now: number): number | undefined {
  const { inc = 0 } = instance.announcement;
  const isNewRun = type === 'registered' || (type === 'updated' && was?.inc !== inc);
  const ago = now - inc;
  return isNewRun && ago >= 0 && ago < MAX_REGISTRATION_MS ? ago : undefined;
}
