import { hash, timingSafeEqual } from 'node:crypto';

/** A token of an admin API, as a configuration holds it. */
export interface AdminToken<S extends string = string> {
  /** Whose it is, for logs and the audit log. */
  readonly name: string;
  /** By {@link hashToken}. */
  readonly hash: string;
  /** What it allows. */
  readonly scopes: readonly S[];
  /** Milliseconds since 1970. Default: it does not expire. */
  readonly expiresAt?: number | undefined;
}

/** The settings that hold the tokens. */
export interface AdminTokenSettings<S extends string> {
  readonly adminToken?: string | undefined;
  readonly adminTokens?:
    | Readonly<Record<string, { hash: string; scopes: readonly S[]; expiresAt?: string }>>
    | undefined;
}

/** Who sent a request, by its token. */
export interface Caller<S extends string = string> {
  /** Absent if the request has no valid token. */
  readonly token?: AdminToken<S>;
  /** What is wrong with the token that the request has. */
  readonly failure?: 'unknown' | 'expired';
}

/** The name of the token of `adminToken`, which has every scope. */
export const ADMIN_NAME = 'admin';

/** Returns the hash of a token. Tokens are long and random, so that a fast hash is enough. */
export function hashToken(token: string): string {
  return `sha256:${hash('sha256', token)}`;
}

/** Returns the tokens of a configuration. @param scopes all that there are */
export function adminTokensOf<S extends string>(
  { adminToken, adminTokens = {} }: AdminTokenSettings<S>,
  scopes: readonly S[],
): AdminToken<S>[] {
  const named = Object.entries(adminTokens).map(([name, { expiresAt, ...token }]) => ({
    name,
    ...token,
    ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) }),
  }));
  if (adminToken === undefined) return named;
  return [{ name: ADMIN_NAME, hash: hashToken(adminToken), scopes }, ...named];
}

/** A response that goes on, such as a stream of events, for as long as its token is valid. */
interface Hold {
  readonly token: AdminToken;
  readonly end: () => void;
}

/** How soon a response ends after its token has expired. */
const EXPIRY_CHECK_MS = 1000;

/** The tokens that are valid now. They may change while the program runs. */
export class AdminTokens<S extends string = string> {
  readonly #now: () => number;
  readonly #holds = new Set<Hold>();
  #tokens: readonly AdminToken<S>[];
  #timer: NodeJS.Timeout | undefined;

  /** @param now milliseconds since 1970 */
  constructor(tokens: readonly AdminToken<S>[] = [], now: () => number = Date.now) {
    this.#tokens = tokens;
    this.#now = now;
  }

  /** Whether there are none, so that nothing can be changed. */
  get isEmpty(): boolean {
    return this.#tokens.length === 0;
  }

  /** Replaces the tokens. What goes on by a token that is gone, or has other scopes, ends. */
  configure(tokens: readonly AdminToken<S>[]): void {
    this.#tokens = tokens;
    this.#endInvalid();
  }

  /** Finds whose token a request has. Takes the same time for each token of a length. */
  identify(given: string | undefined): Caller<S> {
    if (given === undefined) return {};
    const digest = Buffer.from(hashToken(given));
    let found: AdminToken<S> | undefined;
    for (const token of this.#tokens) {
      const known = Buffer.from(token.hash);
      if (known.length === digest.length && timingSafeEqual(known, digest)) found ??= token;
    }
    if (found === undefined) return { failure: 'unknown' };
    return this.#isExpired(found) ? { failure: 'expired' } : { token: found };
  }

  /** Ends what a caller reads once its token is no longer valid. @returns a function that stops this */
  hold({ token }: Caller<S>, end: () => void): () => void {
    if (token === undefined) return () => {};
    const hold = { token, end };
    this.#holds.add(hold);
    this.#timer ??= setInterval(() => this.#endInvalid(), EXPIRY_CHECK_MS).unref();
    return () => {
      this.#holds.delete(hold);
      if (this.#holds.size === 0) this.close();
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #endInvalid(): void {
    for (const hold of this.#holds) if (!this.#isValid(hold.token)) hold.end();
  }

  #isValid(token: AdminToken): boolean {
    const same = this.#tokens.find(({ hash: each }) => each === token.hash);
    if (same === undefined || same.name !== token.name || this.#isExpired(same)) return false;
    return token.scopes.every((scope) => same.scopes.some((each) => each === scope));
  }

  #isExpired({ expiresAt = Infinity }: AdminToken): boolean {
    return expiresAt <= this.#now();
  }
}
