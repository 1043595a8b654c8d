import { errorMessage } from '@rollcall/runtime';
import type { JWTVerifyGetKey } from 'jose';
import { CurrentKeys } from './jwks.ts';
import type { KeySet } from './jwks.ts';
import type { SendRequest } from './service-request.ts';

export interface RemoteKeySetOptions {
  readonly url: string;
  readonly send: SendRequest;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Receives why the keys could not be read. The previous ones stay. */
  readonly onFault: (reason: string) => void;
}

/** Older keys are read anew in the background, so that requests need not wait for them. */
const REFRESH_MS = 300_000;
/** Older keys are not used before it was tried to read them anew, because the issuer may have withdrawn one. */
const MAX_AGE_MS = 600_000;
/** How long an outage of the issuer may last until its keys do not count any more. */
const MAX_OUTAGE_MS = 86_400_000;
/** Between two requests because of a key that is not known: any client can send such a token. */
const COOLDOWN_MS = 30_000;
/** For so long after a failure, requests do not wait for old keys to be read anew. */
const OUTAGE_MS = 30_000;
/** After a failure. */
const RETRY_MS = 2000;
const TIMEOUT_MS = 5000;
const MAX_BYTES = 262_144;

/**
 * Keys from a URL. They are read when they are first needed, again in the background after five minutes, and at once for a
 * token of a key that is not known. A request that finds them older than ten minutes, because there was none for a while,
 * waits for them as that of `jose` and Envoy does. Unlike these, it uses the last keys while the URL cannot be read, for a
 * day.
 */
export class RemoteKeySet implements KeySet {
  readonly #options: RemoteKeySetOptions;
  readonly #keys = new CurrentKeys();
  #loading: Promise<boolean> | undefined;
  #loadedAt = -Infinity;
  #triedAt = -Infinity;
  #failedAt = -Infinity;

  constructor(options: RemoteKeySetOptions) {
    this.#options = options;
  }

  get version(): number {
    return this.#keys.version;
  }

  readonly find: JWTVerifyGetKey = async (header, token) => {
    await this.refresh();
    const { JWKSNoMatchingKey } = (await import('jose')).errors;
    try {
      return await this.#keys.find(header, token);
    } catch (error) {
      if (!(error instanceof JWKSNoMatchingKey) || !(await this.#load(COOLDOWN_MS))) throw error;
      return this.#keys.find(header, token);
    }
  };

  refresh(): Promise<unknown> | undefined {
    const now = this.#options.now();
    const age = now - this.#loadedAt;
    if (this.#keys.areKnown && age > MAX_OUTAGE_MS) this.#keys.forget();
    if (age <= REFRESH_MS) return undefined;
    const loading = this.#load(RETRY_MS);
    const isOutage = now - this.#failedAt < OUTAGE_MS;
    return this.#keys.areKnown && (age <= MAX_AGE_MS || isOutage) ? undefined : loading;
  }

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
      await this.#keys.replace(response.body.toString('utf8'));
      this.#loadedAt = now();
      return true;
    } catch (error) {
      this.#failedAt = now();
      onFault(`cannot read the keys at ${url}: ${errorMessage(error)}`);
      return false;
    }
  }
}
