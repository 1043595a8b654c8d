import { setTimeout as delay } from 'node:timers/promises';

/**
 * Resolves when one of several works has succeeded and the others have settled, or have had so many milliseconds more.
 * Rejects as the first does if all fail.
 * @param onFailure called for each other that fails, with its number
 */
export async function oneSucceeds(
  works: readonly Promise<void>[],
  othersMs: number,
  onFailure: (error: Error, number: number) => void,
): Promise<void> {
  const settled = Promise.allSettled(works);
  if (!(await Promise.any(works).then(isTrue, isFalse))) {
    await works[0];
    return;
  }
  for (const [number, work] of works.entries())
    work.catch((error: Error) => onFailure(error, number));
  await Promise.race([settled, delay(othersMs, undefined, { ref: false })]);
}

const isTrue = (): boolean => true;
const isFalse = (): boolean => false;
