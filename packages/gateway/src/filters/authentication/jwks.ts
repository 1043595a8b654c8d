import type { JWTVerifyGetKey } from 'jose';

/** The public keys of an issuer (JWKS, RFC 7517). */
export interface KeySet {
  /** Finds the key of a token. @throws KeysUnavailable if there are no keys that count */
  readonly find: JWTVerifyGetKey;
  /** Counts the changes of the keys, so that what was verified by earlier ones can be verified anew. */
  readonly version: number;
  /** Has old keys read anew. Returns what to wait for before the keys are used; undefined if they can be used now. */
  refresh(): Promise<unknown> | undefined;
}

/** There are no keys that count. */
export class KeysUnavailable extends Error {}

/** The keys that count now. */
export class CurrentKeys {
  #find: JWTVerifyGetKey | undefined;
  #text = '';
  #version = 0;

  get areKnown(): boolean {
    return this.#find !== undefined;
  }

  get version(): number {
    return this.#version;
  }

  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.#find === undefined) throw new KeysUnavailable();
    return this.#find(header, token);
  };

  /** @throws Error if the text is no JWKS; the previous keys then stay */
  async replace(text: string): Promise<void> {
    if (text === this.#text) return;
    this.#find = await keysOf(text);
    this.#text = text;
    this.#version++;
  }

  /** None count any more. */
  forget(): void {
    this.#find = undefined;
    this.#text = '';
    this.#version++;
  }
}

/** @throws Error if the text is no JWKS */
async function keysOf(text: string): Promise<JWTVerifyGetKey> {
  const { createLocalJWKSet } = await import('jose');
  return createLocalJWKSet(JSON.parse(text) as Parameters<typeof createLocalJWKSet>[0]);
}
