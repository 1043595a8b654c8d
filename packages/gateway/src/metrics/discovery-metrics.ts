import type { Change, Directory, Status } from '@rollcall/client';
import { EVENTS } from '@rollcall/protocol';
import { newCounts, observeSeconds } from '../traffic/counts.ts';
import { Tally } from './tally.ts';
import type { Exposition, Labels } from './exposition.ts';

/** One that we hear of so long after its run began was not announced just now. */
const JUST_NOW_MS = 60_000;
const STATUSES: readonly Status[] = ['healthy', 'suspect', 'down'];

export interface DiscoveryMetricsOptions {
  readonly directory: Pick<
    Directory,
    'on' | 'isConnected' | 'instances' | 'prefixes' | 'routable' | 'peers'
  >;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How well the table follows what is there. */
export function addDiscoveryMetrics(
  exposition: Exposition,
  { directory, now }: DiscoveryMetricsOptions,
): void {
  const messages = new Tally();
  const refusals = new Tally();
  const changes = new Tally();
  const probes = new Tally();
  const delays = newCounts();
  let lostAt: number | undefined = directory.isConnected ? undefined : now();

  // A name may be anything that somebody with the secret liked to send.
  const known: readonly string[] = EVENTS;
  directory.on('received', (event) =>
    messages.add({ event: known.includes(event) ? event : 'other' }),
  );
  directory.on('refused', (_event, { code }) => refusals.add({ code }));
  directory.on('probed', (result, by) => probes.add({ result, by }));
  directory.on('change', (change) => {
    changes.add({ type: change.type });
    const delay = announcedAgo(change, now());
    if (delay !== undefined) observeSeconds(delays, delay / 1000);
  });
  directory.on('disconnected', () => (lostAt = now()));
  directory.on('connected', () => (lostAt = undefined));

  exposition.gauge({ name: 'connected', help: 'Whether the gateway hears the channel' }, () => [
    [{}, directory.isConnected ? 1 : 0],
  ]);
  exposition.gauge(
    { name: 'table_age_seconds', help: 'How long the table has not followed the channel' },
    () => [[{}, lostAt === undefined ? 0 : (now() - lostAt) / 1000]],
  );
  exposition.counter({ name: 'messages_total', help: 'Messages of the channel' }, () => messages);
  exposition.counter(
    { name: 'refused_total', help: 'What was not accepted of them' },
    () => refusals,
  );
  exposition.counter({ name: 'changes_total', help: 'Changes of the table' }, () => changes);
  exposition.histogram(
    { name: 'register_seconds', help: 'From the start of a run, by its own clock, to the table' },
    () => [[{}, delays]],
  );
  exposition.gauge({ name: 'instances', help: 'Instances in the table' }, () =>
    instancesOf(directory),
  );
  exposition.gauge({ name: 'routable_instances', help: 'Those that are sent requests' }, () =>
    directory
      .prefixes()
      .map((prefix) => [{ route: prefix || '/' }, directory.routable(prefix).length]),
  );
  exposition.counter(
    { name: 'probes_total', help: 'Results of probes, and what traffic has shown as one' },
    () => probes,
  );
  exposition.gauge({ name: 'peers', help: 'Other gateways on the channel' }, () => [
    [{}, directory.peers().length],
  ]);
  exposition.gauge(
    { name: 'agreeing_peers', help: 'Those whose table was the same as ours when last compared' },
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

function instancesOf(directory: Pick<Directory, 'prefixes' | 'instances'>): [Labels, number][] {
  return directory.prefixes().flatMap((prefix) => {
    const all = directory.instances(prefix);
    return STATUSES.map((status): [Labels, number] => [
      { route: prefix || '/', status },
      all.filter((each) => each.status === status).length,
    ]);
  });
}

/** A run is numbered by the time of its start, so that its first word tells how long it was on its way. */
function announcedAgo({ type, instance, was }: Change, now: number): number | undefined {
  const { inc = 0 } = instance.announcement;
  const isNewRun = type === 'registered' || (type === 'updated' && was?.inc !== inc);
  const ago = now - inc;
  return isNewRun && ago >= 0 && ago < JUST_NOW_MS ? ago : undefined;
}
