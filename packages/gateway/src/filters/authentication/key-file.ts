import { errorMessage } from '@rollcall/runtime';
import type { JWTVerifyGetKey } from 'jose';
import { CurrentKeys } from './jwks.ts';
import type { KeySet } from './jwks.ts';

export interface KeyFileOptions {
  readonly file: string;
  /** Returns its text; undefined if it could never be read. */
  readonly textOf: (file: string) => string | undefined;
  /** Receives why the keys cannot be used. The previous ones stay. */
  readonly onFault: (reason: string) => void;
}

/** Keys in a file. A change of the file counts for the first request that sees it. */
export class KeyFile implements KeySet {
  readonly #options: KeyFileOptions;
  readonly #keys = new CurrentKeys();
  #text: string | undefined;
  #reading: Promise<void> | undefined;

  constructor(options: KeyFileOptions) {
    this.#options = options;
  }

  get version(): number {
    return this.#keys.version;
  }

  readonly find: JWTVerifyGetKey = async (header, token) => {
    await this.refresh();
    return this.#keys.find(header, token);
  };

  refresh(): Promise<void> | undefined {
    const { file, textOf } = this.#options;
    const text = textOf(file);
    if (text === this.#text || text === undefined) return this.#reading;
    this.#text = text;
    const reading = this.#read(text).finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    return (this.#reading = reading);
  }

  async #read(text: string): Promise<void> {
    const { file, onFault } = this.#options;
    try {
      checkKeys(text);
      await this.#keys.replace(text);
    } catch (error) {
      onFault(`cannot use the keys in ${file}: ${errorMessage(error)}`);
    }
  }
}

/** @throws Error if a text has no keys: that of an issuer without keys is no file to configure */
export function checkKeys(text: string): void {
  const { keys } = JSON.parse(text) as { keys?: unknown };
  if (!Array.isArray(keys) || keys.length === 0) throw new Error('it has no keys');
}
