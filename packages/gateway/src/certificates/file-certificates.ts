import type { Certificate, CertificateFiles, Logger } from '@rollcall/runtime';
import { watchedCa, watchedPair } from './watched-files.ts';
import type { WatchedFiles } from './watched-files.ts';

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
      cert === undefined || key === undefined
        ? undefined
        : watchedPair({ cert, key }, 'certificate', logger);
    this.#others = certificates.map((files) => watchedPair(files, 'certificate', logger));
    this.#clientCa =
      clientCa === undefined ? undefined : watchedCa(clientCa, 'CA of clients', logger);
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
