import { errorMessage } from '@rollcall/runtime';
import type { JWTVerifyGetKey } from 'jose';
import type { SendRequest } from './service-request.ts';

/** The public keys of an issuer (JWKS, RFC 7517). */
export interface KeySet {
  /** Finds the key of a token. @throws KeysUnavailable if none were ever received */
  readonly find: JWTVerifyGetKey;
  /** Counts the changes of the keys, so that what was verified by earlier ones can be verified anew. */
  readonly version: number;
  /** Asks for the keys anew if they are old, and does not wait for them. */
  refresh(): void;
}

export interface RemoteKeySetOptions {
  readonly url: string;
  readonly send: SendRequest;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Receives why the keys could not be read. The previous ones stay. */
  readonly onFault: (reason: string) => void;
}

/** No keys were received yet. */
export class KeysUnavailable extends Error {}

const MAX_AGE_MS = 600_000;
/** Between two requests because of a key that is not known: any client can send such a token. */
const COOLDOWN_MS = 30_000;
/** After a failure. */
const RETRY_MS = 2000;
const TIMEOUT_MS = 5000;
const MAX_BYTES = 262_144;

/**
 * Keys from a URL. They are read when they are first needed, again in the background every ten minutes, and at once for a
 * token of a key that is not known. While the URL cannot be read, the last keys stay valid.
 */
export class RemoteKeySet implements KeySet {
  readonly #options: RemoteKeySetOptions;
  #find: JWTVerifyGetKey | undefined;
  #text = '';
  #version = 0;
  #loading: Promise<boolean> | undefined;
  #loadedAt = -Infinity;
  #triedAt = -Infinity;

  constructor(options: RemoteKeySetOptions) {
    this.#options = options;
  }

  get version(): number {
    return this.#version;
  }

  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.#find === undefined) await this.#load(RETRY_MS);
    this.refresh();
    const { JWKSNoMatchingKey } = (await import('jose')).errors;
    try {
      return await this.#known(header, token);
    } catch (error) {
      if (!(error instanceof JWKSNoMatchingKey) || !(await this.#load(COOLDOWN_MS))) throw error;
      return this.#known(header, token);
    }
  };

  refresh(): void {
    if (this.#options.now() - this.#loadedAt > MAX_AGE_MS) void this.#load(RETRY_MS);
  }

  #known: JWTVerifyGetKey = async (header, token) => {
    if (this.#find === undefined) throw new KeysUnavailable();
    return this.#find(header, token);
  };

  /** Reads the keys, unless it was tried a moment ago. Resolves to whether they were read. */
  async #load(sinceMs: number): Promise<boolean> {
    if (this.#loading !== undefined) return this.#loading;
    const now = this.#options.now();
    if (now - this.#triedAt < sinceMs) return false;
    this.#triedAt = now;
    this.#loading = this.#read();
    try {
      return await this.#loading;
    } finally {
      this.#loading = undefined;
    }
  }

  async #read(): Promise<boolean> {
    const { url, send, now, onFault } = this.#options;
    const headers = { accept: 'application/json, application/jwk-set+json' };
    try {
      const response = await send({ url, headers, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES });
      if (response.status !== 200) throw new Error(`the response is ${response.status}`);
      const text = response.body.toString('utf8');
      if (text !== this.#text) {
        this.#find = await keysOf(text);
        this.#text = text;
        this.#version++;
      }
      this.#loadedAt = now();
      return true;
    } catch (error) {
      onFault(`cannot read the keys at ${url}: ${errorMessage(error)}`);
      return false;
    }
  }
}

/** Keys from a text. */
export function localKeySet(text: string): KeySet {
  let found: Promise<JWTVerifyGetKey> | undefined;
  return {
    find: async (header, token) => (await (found ??= keysOf(text)))(header, token),
    version: 0,
    refresh() {},
  };
}

/** @throws Error if the text is no JWKS */
async function keysOf(text: string): Promise<JWTVerifyGetKey> {
  const { createLocalJWKSet } = await import('jose');
  return createLocalJWKSet(JSON.parse(text) as Parameters<typeof createLocalJWKSet>[0]);
}
