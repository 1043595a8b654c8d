import type { Certificate, InstanceCredentials, Logger } from '@rollcall/runtime';
import type { ResolvedConfig } from '../settings/config.ts';
import { watchedCa, watchedPair } from './watched-files.ts';
import type { WatchedFiles } from './watched-files.ts';

/** What the gateway trusts and shows when it connects to instances, in files. They are read again when they change. */
export class InstanceFiles {
  readonly #ca: WatchedFiles<string> | undefined;
  readonly #certificate: WatchedFiles<Certificate> | undefined;

  /** @throws RollcallError ROLLCALL_CONFIG */
  constructor(
    {
      instanceCa: ca,
      instanceCert: cert,
      instanceKey: key,
    }: Pick<ResolvedConfig, 'instanceCa' | 'instanceCert' | 'instanceKey'>,
    logger: Logger,
  ) {
    this.#ca = ca === undefined ? undefined : watchedCa(ca, 'CA of instances', logger);
    this.#certificate =
      cert === undefined || key === undefined
        ? undefined
        : watchedPair({ cert, key }, 'certificate for instances', logger);
  }

  get credentials(): InstanceCredentials {
    return { ca: this.#ca?.content, certificate: this.#certificate?.content };
  }

  start(onChange: () => void): void {
    for (const each of [this.#ca, this.#certificate]) each?.start(onChange);
  }

  stop(): void {
    for (const each of [this.#ca, this.#certificate]) each?.stop();
  }
}
