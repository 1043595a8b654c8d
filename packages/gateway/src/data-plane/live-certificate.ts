import { randomBytes } from 'node:crypto';
import { RollcallError } from '@rollcall/protocol';
import type { TlsSettings } from '@rollcall/proxy';
import { FileWatch, readCertificate } from '@rollcall/runtime';
import type { Certificate, CertificateFiles, Logger } from '@rollcall/runtime';

const CHECK_EVERY_MS = 2000;

/** The certificate of the port, which is read again when one of its files changes. */
export class LiveCertificate {
  readonly #files: CertificateFiles;
  readonly #watch: FileWatch;
  /** The same in all workers, so that each resumes the sessions of the others. */
  readonly #ticketKeys = randomBytes(48);
  #certificate: Certificate;

  /** @throws RollcallError ROLLCALL_CONFIG */
  constructor(files: CertificateFiles) {
    this.#files = files;
    this.#watch = new FileWatch([files.cert, files.key]);
    this.#certificate = readCertificate(files);
  }

  get settings(): TlsSettings {
    return { certificate: this.#certificate, ticketKeys: this.#ticketKeys };
  }

  /** @param apply puts the changed settings into effect */
  start(apply: () => void, logger: Logger): void {
    this.#watch.start(() => this.#reload(apply, logger), CHECK_EVERY_MS);
  }

  stop(): void {
    this.#watch.stop();
  }

  #reload(apply: () => void, logger: Logger): void {
    try {
      this.#certificate = readCertificate(this.#files);
      apply();
      logger.info({ file: this.#files.cert }, 'reloaded certificate');
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error;
      // One of the two files may still be on its way.
      logger.error(
        { reason: error.message },
        'cannot reload certificate: keeping the previous one',
      );
    }
  }
}
