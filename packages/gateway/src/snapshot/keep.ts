import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Directory } from '@rollcall/client';
import type { Logger } from '@rollcall/runtime';
import { snapshotAt } from './snapshot.ts';

/** Changes come in bursts, and a file that is a second old serves as well. */
const SAVE_AFTER_MS = 1000;
/** Encoding a large table holds up requests: it takes one part in so many of the time. */
const REST_FACTOR = 50;
/** A full disk stays full for a while. */
const SAVE_AGAIN_MS = 10_000;

/**
 * Restores the table from the snapshot, with each instance suspect until a probe succeeds, and saves it after changes.
 *
 * @returns a function that saves it once more and stops
 */
export async function keepSnapshot(
  directory: Directory,
  file: string | undefined,
  logger: Logger,
): Promise<() => Promise<void>> {
  if (file === undefined || file === 'none') return async () => {};
  const folder = dirname(file);
  const snapshot = snapshotAt({ file, logger });
  directory.restore(await snapshot.load());

  let pending: NodeJS.Timeout | undefined;
  let saveAfterMs = SAVE_AFTER_MS;
  let isFailing = false;
  let isClosed = false;
  async function save(): Promise<void> {
    pending = undefined;
    const begun = performance.now();
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await snapshot.save(directory.export());
      if (isFailing) logger.info({ file }, 'saved the snapshot again');
      isFailing = false;
      saveAfterMs = Math.max(SAVE_AFTER_MS, REST_FACTOR * (performance.now() - begun));
    } catch (error) {
      // A gateway without a snapshot is better than none.
      if (!isFailing) logger.error({ file, err: error }, 'cannot save the snapshot: trying again');
      isFailing = true;
      if (!isClosed) saveAfter(SAVE_AGAIN_MS);
    }
  }
  function saveAfter(ms: number): void {
    pending ??= setTimeout(() => void save(), ms).unref();
  }
  const onChange = (): void => saveAfter(saveAfterMs);
  directory.on('change', onChange);
  return async () => {
    isClosed = true;
    directory.off('change', onChange);
    clearTimeout(pending);
    await save();
  };
}
