import { describeAddress } from '../bus-url.ts';
import type { BusUrl, ServerAddress } from '../bus-url.ts';
import type { Connect, Connection, ConnectionHandlers } from '../connection.ts';
import { askServers } from './ask-servers.ts';
import { keyOfSlots, parseSlots, slotOf } from './cluster-slots.ts';
import type { SlotRange } from './cluster-slots.ts';
import { RespConnection } from './resp-connection.ts';
import { MAX_MESSAGE } from './resp-parser.ts';
import { VerifiedConnection } from './verified-connection.ts';

const QUESTION = { command: ['CLUSTER', 'SLOTS'], parse: parseSlots, key: keyOfSlots };

/**
 * Connects to all primaries of a Redis Cluster. Each subject is at the primary of its slot, by sharded pub/sub. When a slot
 * moves, or a server is lost, all connections are given up for new ones: so that there is no order of events to get wrong.
 */
export function connectCluster(url: BusUrl): Connect {
  let known: readonly ServerAddress[] = [];
  const ask = (signal: AbortSignal): Promise<readonly SlotRange[] | undefined> =>
    askServers(url, url.servers, QUESTION, signal).catch((error: unknown) => {
      // Those of the URL may have been replaced since.
      if (known.length === 0) throw error;
      return askServers(url, known, QUESTION, signal);
    });
  return async (handlers, signal) => {
    const ranges = await ask(signal);
    if (ranges === undefined) throw new Error('the cluster does not serve all slots');
    known = ranges.map(({ primary }) => primary);
    const connection = await openCluster(url, ranges, handlers, signal);
    return new VerifiedConnection(connection, async (signal) => {
      const now = (await ask(signal).catch(() => undefined)) ?? ranges;
      if (keyOfSlots(now) !== keyOfSlots(ranges))
        throw new Error('slots of the cluster have moved');
    });
  };
}

async function openCluster(
  url: BusUrl,
  ranges: readonly SlotRange[],
  handlers: ConnectionHandlers,
  signal: AbortSignal,
): Promise<ClusterConnection> {
  const primaries = new Map(ranges.map(({ primary }) => [describeAddress(primary), primary]));
  const opened = await Promise.allSettled(
    [...primaries].map(
      async ([name, primary]) =>
        [name, await RespConnection.open(url, primary, handlers, signal)] as const,
    ),
  );
  const servers = new Map(
    opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])),
  );
  const failure = opened.find((each) => each.status === 'rejected');
  if (failure === undefined) return new ClusterConnection(servers, ranges);
  await destroyAll(servers.values());
  throw failure.reason;
}

class ClusterConnection implements Connection {
  readonly maxBytes: number = MAX_MESSAGE;
  readonly server: string;
  readonly #servers: ReadonlyMap<string, RespConnection>;
  readonly #ranges: readonly SlotRange[];
  /** Of subjects that were asked for. */
  readonly #bySubject = new Map<string, RespConnection>();

  constructor(servers: ReadonlyMap<string, RespConnection>, ranges: readonly SlotRange[]) {
    this.#servers = servers;
    this.server = [...servers.keys()].join(', ');
    this.#ranges = ranges;
  }

  publish(subject: string, message: string): Promise<unknown> {
    return this.#serverOf(subject).command('SPUBLISH', subject, message);
  }

  /** Each with a command of its own, because all subjects of one command have to be in one slot. */
  subscribe(subjects: readonly string[]): Promise<unknown> {
    return Promise.all(
      subjects.map((subject) => this.#serverOf(subject).subscription('ssubscribe', [subject])),
    );
  }

  unsubscribe(subject: string): Promise<unknown> {
    return this.#serverOf(subject).subscription('sunsubscribe', [subject]);
  }

  ping(): Promise<unknown> {
    return Promise.all([...this.#servers.values()].map((server) => server.command('PING')));
  }

  destroy(): Promise<void> {
    return destroyAll(this.#servers.values());
  }

  #serverOf(subject: string): RespConnection {
    const known = this.#bySubject.get(subject);
    if (known !== undefined) return known;
    const slot = slotOf(subject);
    const range = this.#ranges.find(({ last }) => slot <= last);
    const server = range && this.#servers.get(describeAddress(range.primary));
    if (server === undefined) throw new Error(`no server has slot ${slot}`);
    this.#bySubject.set(subject, server);
    return server;
  }
}

async function destroyAll(servers: Iterable<RespConnection>): Promise<void> {
  await Promise.all([...servers].map((server) => server.destroy()));
}
