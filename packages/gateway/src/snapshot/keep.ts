import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Directory } from '@rollcall/client';
import type { Logger } from '@rollcall/runtime';
import type { Rollouts, SavedRollout } from '../rollout/rollouts.ts';
import { snapshotAt } from './snapshot.ts';
import type { Snapshot } from './snapshot.ts';

/** Changes come in bursts, and a file that is a second old serves as well. */
const SAVE_AFTER_MS = 1000;
/** Encoding a large table holds up requests: it takes one part in so many of the time. */
const REST_FACTOR = 50;
/** A full disk stays full for a while. */
const SAVE_AGAIN_MS = 10_000;

/** A snapshot that is kept up to date. */
export interface KeptSnapshot {
  /** What an earlier run decided about versions. */
  readonly rollouts: readonly SavedRollout[];
  /** Saves what is decided about versions too. */
  follow(rollouts: Pick<Rollouts, 'listen' | 'export'>): void;
  /** Saves once more, and stops. */
  close(): Promise<void>;
}

/** Restores the table from the snapshot, with each instance suspect until a probe succeeds, and saves it after changes. */
export async function keepSnapshot(
  directory: Directory,
  file: string | undefined,
  logger: Logger,
): Promise<KeptSnapshot> {
  if (file === undefined || file === 'none')
    return { rollouts: [], follow: () => {}, close: async () => {} };
  const folder = dirname(file);
  const snapshot = snapshotAt({ file, logger });
  const savedRollouts = await restored(directory, snapshot);
  let rollouts: Pick<Rollouts, 'export'> = { export: () => [...savedRollouts] };

  let pending: NodeJS.Timeout | undefined;
  let saveAfterMs = SAVE_AFTER_MS;
  let isFailing = false;
  let isClosed = false;
  /** One after the other, so that the latest stays. */
  let saving = Promise.resolve();
  function saveNow(): Promise<void> {
    return (saving = saving.then(save));
  }
  async function save(): Promise<void> {
    pending = undefined;
    const begun = performance.now();
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await snapshot.save({ statements: directory.export(), rollouts: rollouts.export() });
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
    pending ??= setTimeout(() => void saveNow(), ms).unref();
  }
  const onChange = (): void => saveAfter(saveAfterMs);
  directory.on('change', onChange);
  return {
    rollouts: savedRollouts,
    follow(followed) {
      rollouts = followed;
      followed.listen(onChange);
    },
    async close() {
      isClosed = true;
      directory.off('change', onChange);
      clearTimeout(pending);
      await saveNow();
    },
  };
}

/** Apart from what goes on, so that nothing holds the statements of a large table when it has been restored. */
async function restored(
  directory: Directory,
  snapshot: Pick<Snapshot, 'load'>,
): Promise<readonly SavedRollout[]> {
  const { statements, rollouts } = await snapshot.load();
  await directory.restore(statements);
  return rollouts;
}
