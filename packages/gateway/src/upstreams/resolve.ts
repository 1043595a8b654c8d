import { lookup, resolve4, resolve6, resolveSrv } from 'node:dns/promises';
import type { RecordWithTtl, SrvRecord } from 'node:dns';
import { setTimeout as delay } from 'node:timers/promises';
import { SERVER_NAME } from '@rollcall/protocol';
import type { UpstreamUrl } from '../routing/upstream-url.ts';
import { firstChoice } from './srv-shares.ts';

/** A server that a DNS name leads to. */
export interface Target {
  /** The name that has the address. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** By an SRV record. */
  readonly weight?: number;
}

/** Where a URL leads, and how long that is valid. */
interface Resolved {
  readonly targets: readonly Target[];
  /** Milliseconds. */
  readonly validMs: number;
}

/** @param last where the URL led before: a server of an SRV record whose own name fails keeps its addresses */
export type Resolve = (url: UpstreamUrl, last: readonly Target[]) => Promise<Resolved>;

/** What names are asked of. */
export interface NameSources {
  /** Returns addresses as other programs of this machine get them, so that its hosts file and search domains count. */
  lookup(name: string): Promise<readonly string[]>;
  resolve4(name: string, options: { ttl: true }): Promise<RecordWithTtl[]>;
  resolve6(name: string, options: { ttl: true }): Promise<RecordWithTtl[]>;
  resolveSrv(name: string): Promise<SrvRecord[]>;
}

const DEFAULT_VALID_MS = 30_000;
/** A TTL of 0 must not make a request of each moment. */
const MIN_VALID_MS = 1000;
const MAX_VALID_MS = 3_600_000;
/** How long addresses wait for their TTL: DNS may not answer where a hosts file does. */
const TTL_WAIT_MS = 1000;
/** How long an answer is valid that lacks the addresses of some servers. */
const INCOMPLETE_VALID_MS = 5000;

const SYSTEM: NameSources = {
  async lookup(name) {
    const found = await lookup(name, { all: true });
    return found.map(({ address }) => address);
  },
  resolve4,
  resolve6,
  resolveSrv,
};

/** Returns what resolves the names of URLs. @param sources default: the system, and its DNS servers */
export function createResolve(sources: NameSources = SYSTEM): Resolve {
  return ({ host, port }, last) =>
    port === undefined ? byService(sources, host, last) : byAddress(sources, host, port);
}

/** The system has no TTL, so DNS is asked for it. */
async function byAddress(sources: NameSources, host: string, port: number): Promise<Resolved> {
  const lookup = sources.lookup(host);
  const late = lookup.then(() => delay(TTL_WAIT_MS, [], { ref: false }));
  const [found, ...ttls] = await Promise.all([
    lookup,
    ttlOf(sources.resolve4(host, { ttl: true }), late),
    ttlOf(sources.resolve6(host, { ttl: true }), late),
  ]);
  const shortest = Math.min(...ttls) * 1000;
  const isKnown = Number.isFinite(shortest);
  return {
    targets: [...new Set(found)].toSorted().map((address) => ({ host, address, port })),
    validMs: isKnown ? Math.min(Math.max(shortest, MIN_VALID_MS), MAX_VALID_MS) : DEFAULT_VALID_MS,
  };
}

/** Node does not show the TTL of SRV records: they are valid as long as the addresses they lead to, at most 30 s. */
async function byService(
  sources: NameSources,
  name: string,
  last: readonly Target[],
): Promise<Resolved> {
  const found = await sources.resolveSrv(name);
  // A target of `.` says that there is no server, and what DNS answers may be anything.
  const servers = firstChoice(found.filter((record) => SERVER_NAME.test(record.name)));
  const failures: unknown[] = [];
  const answers = await Promise.all(
    servers.map(async ({ name: server, port, weight }) => {
      const host = server.toLowerCase();
      const { targets, validMs } = await byAddress(sources, host, port).catch((error: unknown) => {
        failures.push(error);
        // Another record may lead to the same.
        const known = last.filter((each) => each.host === host && each.port === port);
        const addresses = new Set(known.map(({ address }) => address));
        const kept = [...addresses].map((address) => ({ host, address, port }));
        return { targets: kept, validMs: INCOMPLETE_VALID_MS };
      });
      return { targets: targets.map((each) => ({ ...each, weight })), validMs };
    }),
  );
  if (failures.length > 0 && failures.length === servers.length) throw failures[0];
  return {
    targets: answers.flatMap(({ targets }) => targets),
    validMs: Math.min(DEFAULT_VALID_MS, ...answers.map(({ validMs }) => validMs)),
  };
}

/** Seconds; Infinity if DNS has no answer, or none in time. */
async function ttlOf(query: Promise<RecordWithTtl[]>, late: Promise<never[]>): Promise<number> {
  const records = await Promise.race([query.catch(() => []), late]);
  return records.reduce((least, { ttl }) => Math.min(least, ttl), Infinity);
}
