import { createSecureContext } from 'node:tls';
import { RollcallError } from '@rollcall/protocol';
import { FileWatch, readCertificate, readTextFile } from '@rollcall/runtime';
import type { Certificate, CertificateFiles, Logger } from '@rollcall/runtime';

const CHECK_EVERY_MS = 2000;

/**
 * Reads a certificate and its key now, and again when they change.
 * @param what it is called in the log
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function watchedPair(
  files: CertificateFiles,
  what: string,
  logger: Logger,
): WatchedFiles<Certificate> {
  const read = (): Certificate => readCertificate(files);
  return new WatchedFiles([files.cert, files.key], read, what, logger);
}

/**
 * Reads certificate authorities now, and again when they change.
 * @param what they are called in the log
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function watchedCa(file: string, what: string, logger: Logger): WatchedFiles<string> {
  return new WatchedFiles([file], () => readCa(file, what), what, logger);
}

function readCa(file: string, what: string): string {
  const ca = readTextFile(file);
  try {
    createSecureContext({ ca });
  } catch (cause) {
    throw new RollcallError('ROLLCALL_CONFIG', `the ${what} ${file} is not PEM`, { cause });
  }
  return ca;
}

/** The content of files that belong together, kept as it was while they cannot be read. */
export class WatchedFiles<T> {
  readonly file: string;
  readonly #watch: FileWatch;
  readonly #read: () => T;
  readonly #what: string;
  readonly #logger: Logger;
  #content: T;

  constructor(files: readonly string[], read: () => T, what: string, logger: Logger) {
    this.file = files[0] ?? '';
    this.#watch = new FileWatch(files);
    this.#read = read;
    this.#what = what;
    this.#logger = logger;
    this.#content = read();
  }

  get content(): T {
    return this.#content;
  }

  start(onChange: () => void): void {
    this.#watch.start(() => {
      if (this.#reload()) onChange();
    }, CHECK_EVERY_MS);
  }

  stop(): void {
    this.#watch.stop();
  }

  #reload(): boolean {
    const { file } = this;
    try {
      this.#content = this.#read();
      this.#logger.info({ file }, `reloaded ${this.#what}`);
      return true;
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error;
      // One of two files may still be on its way.
      const reason = error.message;
      this.#logger.error({ file, reason }, `cannot reload ${this.#what}: keeping the previous one`);
      return false;
    }
  }
}
