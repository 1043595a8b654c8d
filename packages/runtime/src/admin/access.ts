import { createHash, timingSafeEqual } from 'node:crypto';
import { isLoopbackName } from '@rollcall/protocol';

/** Who may use an admin API. */
export interface AdminAccess {
  /** The admin token. Without one, no change is accepted. */
  readonly token?: string | undefined;
  /** Whether it may be read without the token. */
  readonly isReadable: boolean;
}

/** Why a request is not allowed: there is no token that would allow it, or it lacks the token. */
export type AccessRefusal = 'no-token-set' | 'token-needed';

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a request to an admin API on loopback names it by a host name of loopback. Otherwise a web page in a browser of this
 * machine could read the API under a domain of its own that resolves to 127.0.0.1 (DNS rebinding).
 *
 * @param host - the `Host` field
 */
export function namesLoopback(host: string | undefined): boolean {
  return isLoopbackName((host ?? '').replace(/:[0-9]*$/, ''));
}

/**
 * Returns why a request is not allowed, or `undefined` if it is. Changes need the token, and so does reading unless it is open.
 * The token also prevents cross-site request forgery, because another site's page cannot set `Authorization`.
 *
 * @param given - the token of the request, if it has one
 */
export function accessRefusal(
  method: string,
  given: string | undefined,
  { token, isReadable }: AdminAccess,
): AccessRefusal | undefined {
  if (isReadable && SAFE.has(method)) return undefined;
  if (token === undefined) return 'no-token-set';
  // Of one length, so that the comparison takes the same time for every token.
  const isRight = given !== undefined && timingSafeEqual(sha256(given), sha256(token));
  return isRight ? undefined : 'token-needed';
}

/** Returns the token of an `Authorization` field. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([^ ]+) *$/i.exec(authorization ?? '')?.[1];
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
