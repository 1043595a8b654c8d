import { RollcallError } from '@rollcall/protocol';
import { FileWatch, shutdown } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';

/** How often the file is looked at. */
const LOOK_EVERY_MS = 500;

/** Reads a configuration file again when it changes, and on SIGHUP. */
export class ConfigReload {
  readonly #file: string;
  readonly #watch: FileWatch;
  #onSignal: (() => void) | undefined;

  /** Make it before the file is read for the first time, so that no change is missed. */
  constructor(file: string) {
    this.#file = file;
    this.#watch = new FileWatch([file]);
  }

  /** @param configure uses the file as it is now, and returns the settings that need a restart */
  start(logger: Logger, configure: () => string[] | Promise<string[]>): void {
    const reload = (): void => void this.#reload(logger, configure);
    this.#watch.start(reload, LOOK_EVERY_MS);
    this.#onSignal = () => {
      // Otherwise the change for which the signal was sent would be found once more.
      this.#watch.refresh();
      reload();
    };
    process.on('SIGHUP', this.#onSignal);
  }

  stop(): void {
    this.#watch.stop();
    if (this.#onSignal !== undefined) process.off('SIGHUP', this.#onSignal);
  }

  async #reload(logger: Logger, configure: () => string[] | Promise<string[]>): Promise<void> {
    const file = this.#file;
    try {
      const needRestart = await configure();
      if (needRestart.length === 0) logger.info({ file }, 'reloaded configuration');
      else logger.warn({ file, needRestart }, 'reloaded configuration, in part');
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error;
      logger.error({ reason: error.message }, 'cannot reload configuration');
    }
  }
}

/** Closes a server at a signal. Without a file SIGHUP is one of them; with one it asks to read that again, as of most daemons. */
export function closeAtSignal(
  server: { close(): void | Promise<void> },
  reload: ConfigReload | undefined,
): void {
  const close = async (): Promise<void> => {
    reload?.stop();
    await server.close();
  };
  shutdown.add({ close }, reload === undefined ? ['SIGHUP'] : []);
}
