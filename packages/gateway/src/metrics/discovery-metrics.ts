import type { Change, Directory } from '@rollcall/client';
import { isEventName } from '@rollcall/protocol';
import type { InstanceState, Peer } from '@rollcall/protocol';
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
    'on' | 'isConnected' | 'brokers' | 'instances' | 'prefixes' | 'routable' | 'peers' | 'unproven'
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
  addConnection(metrics, directory, now);
  addMessages(metrics, directory);
  addChanges(metrics, directory, now);
  addInstances(metrics, directory, states);
  addUnproven(metrics, directory);
  addProbes(metrics, directory);
  addPeers(metrics, directory);
}

function addConnection(
  metrics: MetricsRegistry,
  directory: Pick<Directory, 'on' | 'isConnected' | 'brokers'>,
  now: () => number,
): void {
  let lostAt: number | undefined = directory.isConnected ? undefined : now();
  directory.on('disconnected', () => (lostAt = now()));
  directory.on('connected', () => (lostAt = undefined));
  metrics.gauge(
    { name: 'connected', help: '1 while the gateway is connected to the registry' },
    () => [[{}, directory.isConnected ? 1 : 0]],
  );
  metrics.gauge(
    { name: 'broker_connected', help: '1 while the gateway is connected to this broker' },
    () =>
      directory.brokers().map(({ name, isConnected }) => [{ broker: name }, Number(isConnected)]),
  );
  metrics.gauge(
    {
      name: 'table_age_seconds',
      help: 'Seconds since the table last followed the registry; 0 while it does',
    },
    () => [[{}, lostAt === undefined ? 0 : (now() - lostAt) / 1000]],
  );
}

function addMessages(metrics: MetricsRegistry, directory: Pick<Directory, 'on'>): void {
  const received = new LabelCounter();
  const refused = new LabelCounter();
  const dropped = new LabelCounter();
  // Everyone with the secret can send events of any name, and each would be a label value of its own.
  directory.on('received', (event) =>
    received.add({ event: isEventName(event) ? event : 'other' }),
  );
  directory.on('refused', (_event, { code }) => refused.add({ code }));
  directory.on('dropped', (why) => dropped.add({ why }));
  metrics.counter(
    { name: 'messages_total', help: 'Messages received from the registry' },
    () => received,
  );
  metrics.counter(
    { name: 'messages_refused_total', help: 'Messages from the registry that were refused' },
    () => refused,
  );
  metrics.counter(
    { name: 'messages_dropped_total', help: 'Messages from the registry that were not taken in' },
    () => dropped,
  );
}

function addChanges(
  metrics: MetricsRegistry,
  directory: Pick<Directory, 'on'>,
  now: () => number,
): void {
  const changes = new LabelCounter();
  const delays = newCounts();
  directory.on('change', (change) => {
    changes.add({ type: change.type });
    const delay = announcedAgo(change, now());
    if (delay !== undefined) observeSeconds(delays, delay / 1000);
  });
  metrics.counter({ name: 'changes_total', help: 'Changes of the table' }, () => changes);
  metrics.histogram(
    {
      name: 'registration_seconds',
      help: 'Time from the start of an instance, by its own clock, until it is in the table',
    },
    () => [[{}, delays]],
  );
}

/** Returns the milliseconds since an instance started if this is its first announcement: `inc` is its start time. */
function announcedAgo({ type, instance, was }: Change, now: number): number | undefined {
  const { inc = 0 } = instance.announcement;
  const isNewRun = type === 'registered' || (type === 'updated' && was?.inc !== inc);
  const ago = now - inc;
  return isNewRun && ago >= 0 && ago < MAX_REGISTRATION_MS ? ago : undefined;
}

function addInstances(
  metrics: MetricsRegistry,
  directory: Pick<Directory, 'prefixes' | 'instances' | 'routable'>,
  states: DiscoveryMetricsOptions['states'],
): void {
  metrics.gauge({ name: 'instances', help: 'Instances in the table, by their state' }, () => {
    const read = states.read();
    return directory.prefixes().flatMap((prefix) => {
      const all = directory.instances(prefix).map((each) => read(each).state);
      return STATES.map((status): [Labels, number] => [
        { route: prefix || '/', status },
        all.filter((each) => each === status).length,
      ]);
    });
  });
  metrics.gauge({ name: 'routable_instances', help: 'Instances that receive traffic' }, () => {
    const read = states.read();
    return directory
      .prefixes()
      .map((prefix) => [
        { route: prefix || '/' },
        directory.routable(prefix).filter((each) => read(each).isRoutable).length,
      ]);
  });
}

function addUnproven(metrics: MetricsRegistry, directory: Pick<Directory, 'unproven'>): void {
  metrics.gauge(
    {
      name: 'unproven_instances',
      help: 'Instances that would be refused if ownership was enforced',
    },
    () => [[{}, directory.unproven().length]],
  );
}

function addProbes(metrics: MetricsRegistry, directory: Pick<Directory, 'on'>): void {
  const probes = new LabelCounter();
  directory.on('probed', (result, by) => probes.add({ result, by }));
  metrics.counter(
    { name: 'probes_total', help: 'Results of probes, and of requests that count as one' },
    () => probes,
  );
}

function addPeers(metrics: MetricsRegistry, directory: Pick<Directory, 'peers'>): void {
  metrics.gauge({ name: 'peers', help: 'Other gateways on the registry' }, () => [
    [{}, directory.peers().length],
  ]);
  metrics.gauge(
    {
      name: 'agreeing_peers',
      help: 'Other gateways whose table was the same at their last roll call',
    },
    () => [[{}, directory.peers().filter(agrees).length]],
  );
}

function agrees({ missingThere, missingHere }: Peer): boolean {
  return missingThere === 0 && missingHere === 0;
}
