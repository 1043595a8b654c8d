import { setTimeout as delay } from 'node:timers/promises';

/**
 * Resolves when one of several works has succeeded and the others have settled, or have had so many milliseconds more.
 * Rejects as the first does if all fail.
 * @param onFailure called for each other that fails
 */
export async function oneSucceeds(
  works: readonly Promise<void>[],
  othersMs: number,
  onFailure: (error: Error) => void,
): Promise<void> {
  const settled = Promise.allSettled(works);
  if (!(await Promise.any(works).then(isTrue, isFalse))) {
    await works[0];
    return;
  }
  for (const work of works) work.catch(onFailure);
  await Promise.race([settled, delay(othersMs)]);
}

const isTrue = (): boolean => true;
const isFalse = (): boolean => false;
