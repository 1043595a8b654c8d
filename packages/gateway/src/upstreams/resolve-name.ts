import { lookup, resolve4, resolve6 } from 'node:dns/promises';
import type { RecordWithTtl } from 'node:dns';

/** The addresses of a name, and how long they are valid. */
interface ResolvedName {
  readonly addresses: readonly string[];
  /** Milliseconds. */
  readonly validMs: number;
}

export type ResolveName = (name: string) => Promise<ResolvedName>;

const DEFAULT_VALID_MS = 30_000;
/** A TTL of 0 must not make a request of each moment. */
const MIN_VALID_MS = 1000;

/**
 * Resolves a name as other programs of this machine do, so that its hosts file and search domains count. That has no TTL, so
 * DNS is asked for it.
 */
export const resolveName: ResolveName = async (name) => {
  const [found, ...ttls] = await Promise.all([
    lookup(name, { all: true }),
    ttlOf(resolve4(name, { ttl: true })),
    ttlOf(resolve6(name, { ttl: true })),
  ]);
  const shortest = Math.min(...ttls) * 1000;
  return {
    addresses: [...new Set(found.map(({ address }) => address))].toSorted(),
    validMs: Number.isFinite(shortest) ? Math.max(shortest, MIN_VALID_MS) : DEFAULT_VALID_MS,
  };
};

/** Seconds; Infinity if DNS has no answer. */
async function ttlOf(query: Promise<RecordWithTtl[]>): Promise<number> {
  const records = await query.catch(() => []);
  return records.reduce((least, { ttl }) => Math.min(least, ttl), Infinity);
}
