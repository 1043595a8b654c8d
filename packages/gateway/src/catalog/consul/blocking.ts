import type { Catalog } from '../catalog.ts';
import { parseGoDuration } from './duration.ts';

/** Until when an answer may wait: for an index above this one, and no longer than so. */
export interface Blocking {
  readonly index: number;
  readonly waitMs: number;
}

const DEFAULT_WAIT_MS = 300_000;
const MAX_WAIT_MS = 600_000;

/** Reads `?index=` and `?wait=`; to a text, what is wrong with them, in the words of Consul. */
export function parseBlocking(index: string = '', wait: string = ''): Blocking | string {
  if (!/^[0-9]{0,20}$/.test(index)) return 'Invalid index';
  const given = wait === '' ? 0 : parseGoDuration(wait);
  if (given === undefined) return 'Invalid wait time';
  const waitMs = given > 0 ? Math.min(given, MAX_WAIT_MS) : DEFAULT_WAIT_MS;
  return { index: Number(index), waitMs };
}

/**
 * Resolves when the index has grown beyond what the client has, the wait is over, or the client is gone. Of a
 * client that knows nothing it is 0, and ours never: so that is at once.
 */
export async function newer(
  catalog: Catalog,
  current: () => number,
  { index, waitMs }: Blocking,
  gone: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), waitMs);
  const signal = AbortSignal.any([gone, over.signal]);
  while (current() <= index && !signal.aborted) await catalog.changed(signal);
  clearTimeout(timer);
}
