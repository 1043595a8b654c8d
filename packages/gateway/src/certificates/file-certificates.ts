import { createSecureContext } from 'node:tls';
import { RollcallError } from '@rollcall/protocol';
import { FileWatch, readCertificate, readTextFile } from '@rollcall/runtime';
import type { Certificate, CertificateFiles, Logger } from '@rollcall/runtime';

const CHECK_EVERY_MS = 2000;

/** The files of a configuration. */
export interface FileSettings {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly certificates?: readonly CertificateFiles[] | undefined;
  readonly clientCa?: string | undefined;
}

/** The certificates and the CA of clients that an operator keeps in files. They are read again when they change. */
export class FileCertificates {
  readonly #default: WatchedFiles<Certificate> | undefined;
  readonly #others: readonly WatchedFiles<Certificate>[];
  readonly #clientCa: WatchedFiles<string> | undefined;

  /** @throws RollcallError ROLLCALL_CONFIG */
  constructor({ cert, key, certificates = [], clientCa }: FileSettings, logger: Logger) {
    this.#default =
      cert === undefined || key === undefined ? undefined : watchedPair({ cert, key }, logger);
    this.#others = certificates.map((files) => watchedPair(files, logger));
    this.#clientCa =
      clientCa === undefined
        ? undefined
        : new WatchedFiles([clientCa], () => readClientCa(clientCa), 'CA of clients', logger);
  }

  get certificate(): Certificate | undefined {
    return this.#default?.content;
  }

  get certificates(): Certificate[] {
    return this.#others.map(({ content }) => content);
  }

  get clientCa(): string | undefined {
    return this.#clientCa?.content;
  }

  /** Every certificate with its file. */
  all(): { readonly file: string; readonly certificate: Certificate }[] {
    const watched = this.#default === undefined ? this.#others : [this.#default, ...this.#others];
    return watched.map(({ file, content }) => ({ file, certificate: content }));
  }

  start(onChange: () => void): void {
    for (const each of [this.#default, ...this.#others, this.#clientCa]) each?.start(onChange);
  }

  stop(): void {
    for (const each of [this.#default, ...this.#others, this.#clientCa]) each?.stop();
  }
}

function watchedPair(files: CertificateFiles, logger: Logger): WatchedFiles<Certificate> {
  return new WatchedFiles(
    [files.cert, files.key],
    () => readCertificate(files),
    'certificate',
    logger,
  );
}

function readClientCa(file: string): string {
  const clientCa = readTextFile(file);
  try {
    createSecureContext({ ca: clientCa });
  } catch (cause) {
    throw new RollcallError('ROLLCALL_CONFIG', `the CA of clients ${file} is not PEM`, { cause });
  }
  return clientCa;
}

/** The content of files that belong together, kept as it was while they cannot be read. */
class WatchedFiles<T> {
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
