import { isLoopbackName } from '@rollcall/protocol';
import type { AdminTokens, Caller } from './tokens.ts';

/** What a request to an admin API is allowed by. */
export interface AdminAccess<S extends string> {
  /** The scope that its token must have. Default: any token is enough. */
  readonly scope?: S;
  /** Whether it needs no token. */
  readonly isOpen: boolean;
  readonly tokens: Pick<AdminTokens<S>, 'isEmpty'>;
}

/**
 * Why a request is not allowed: there is no token that would allow it, it has no valid token, or its token does not have the
 * scope.
 */
export type AccessRefusal = 'no-token-set' | 'token-needed' | 'missing-scope';

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a method only reads. */
export function isReading(method: string): boolean {
  return SAFE.has(method);
}

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
 * Returns why a request is not allowed, or `undefined` if it is. The token also prevents cross-site request forgery, because
 * another site's page cannot set `Authorization`.
 */
export function accessRefusal<S extends string>(
  { token }: Caller<S>,
  { scope, isOpen, tokens }: AdminAccess<S>,
): AccessRefusal | undefined {
  if (isOpen) return undefined;
  if (token === undefined) return tokens.isEmpty ? 'no-token-set' : 'token-needed';
  return scope === undefined || token.scopes.includes(scope) ? undefined : 'missing-scope';
}

/** Says which scope a token lacks, in a sentence for people. */
export function describeMissingScope({ token }: Caller, scope: string): string {
  const has = token?.scopes.join(', ') || 'none';
  return `The token ${token?.name} does not have the scope "${scope}". Its scopes: ${has}.`;
}

/** Returns what `WWW-Authenticate` says of a refusal (RFC 6750 §3). */
export function challengeOf(refusal: AccessRefusal, scope?: string): Record<string, string> {
  if (refusal === 'no-token-set') return {};
  const realm = 'Bearer realm="rollcall"';
  const challenge =
    refusal === 'token-needed' ? realm : `${realm}, error="insufficient_scope", scope="${scope}"`;
  return { 'www-authenticate': challenge };
}

/** Returns the token of an `Authorization` field. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([^ ]+) *$/i.exec(authorization ?? '')?.[1];
}
