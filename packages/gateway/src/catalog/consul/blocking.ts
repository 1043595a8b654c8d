import type { Catalog } from '../catalog.ts';
import { parseGoDuration } from './duration.ts';

/** How long a blocking query waits: until the index is above this one, or the time is over. */
export interface Blocking {
  readonly index: number;
  readonly waitMs: number;
}

const DEFAULT_WAIT_MS = 300_000;
const MAX_WAIT_MS = 600_000;

/** Parses `?index=` and `?wait=`. Returns a text in Consul's words if they are invalid. */
export function parseBlocking(index: string = '', wait: string = ''): Blocking | string {
  if (!/^[0-9]{0,20}$/.test(index)) return 'Invalid index';
  const given = wait === '' ? 0 : parseGoDuration(wait);
  if (given === undefined) return 'Invalid wait time';
  const waitMs = given > 0 ? Math.min(given, MAX_WAIT_MS) : DEFAULT_WAIT_MS;
  return { index: Number(index), waitMs };
}

/**
 * Resolves when the index is above the client's, the wait is over, or the client is gone. A client that knows nothing
 * sends 0 and does not wait, because an index is never 0.
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
