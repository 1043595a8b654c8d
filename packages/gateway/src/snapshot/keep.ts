import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Directory } from '@rollcall/client';
import type { Logger } from '@rollcall/runtime';
import { snapshotAt } from './snapshot.ts';

/** Changes come in bursts; a file that is a second old is as good a memory. */
const SAVE_AFTER_MS = 1000;

/**
 * Begins with what the snapshot remembers, each instance in doubt until a probe has shown it, and
 * saves the table after each change.
 *
 * @returns what saves it for the last time and stops
 */
export async function keepSnapshot(
  directory: Directory,
  file: string | undefined,
  logger: Logger,
): Promise<() => Promise<void>> {
  if (file === undefined) return async () => {};
  const folder = dirname(file);
  const snapshot = snapshotAt({ file, logger });
  directory.restore(await snapshot.load());

  let pending: NodeJS.Timeout | undefined;
  async function save(): Promise<void> {
    pending = undefined;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await snapshot.save(directory.export());
    } catch (error) {
      // A gateway without a memory is better than none.
      logger.error({ file, err: error }, 'cannot save snapshot');
    }
  }
  const onChange = (): void => {
    pending ??= setTimeout(() => void save(), SAVE_AFTER_MS);
  };
  directory.on('change', onChange);
  return async () => {
    directory.off('change', onChange);
    clearTimeout(pending);
    await save();
  };
}
