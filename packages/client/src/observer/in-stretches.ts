import { setImmediate } from 'node:timers/promises';

/** Between two looks at the clock. */
const AT_A_TIME = 50;
const MAX_STRETCH_MS = 20;

/**
 * Hands on a list, some at a time. Resolves when all are handed on, or it is to stop. It takes the event loop for itself, but lets
 * go of it now and then, so that no connection is lost meanwhile.
 */
export async function inStretches<T>(
  list: readonly T[],
  take: (some: readonly T[]) => void,
  signal: AbortSignal,
): Promise<void> {
  let begun = performance.now();
  for (let from = 0; from < list.length && !signal.aborted; from += AT_A_TIME) {
    take(list.slice(from, from + AT_A_TIME));
    if (performance.now() - begun < MAX_STRETCH_MS) continue;
    await setImmediate();
    begun = performance.now();
  }
}
