import { createHash, timingSafeEqual } from 'node:crypto';
import { isLoopbackName } from '@rollcall/protocol';
import type { MiddlewareHandler } from 'hono';
import { problem } from './problem.ts';

export interface AccessOptions {
  /** The admin API listens on loopback. */
  readonly isLocal: boolean;
  /** The admin token. Without one, no change is accepted. */
  readonly token?: string;
}

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * On loopback, accepts only the host names of loopback. Otherwise a web page in a browser of this machine could read
 * the API under a domain of its own that resolves to 127.0.0.1 (DNS rebinding).
 */
export function byOwnName({ isLocal }: AccessOptions): MiddlewareHandler {
  return async (c, next) => {
    const host = (c.req.header('host') ?? '').replace(/:[0-9]*$/, '');
    if (!isLocal || isLoopbackName(host)) return next();
    return problem(c, 'wrong-host', 'Use localhost, 127.0.0.1 or [::1].');
  };
}

/**
 * Requires the token for changes, and off loopback for everything. The token also prevents cross-site request forgery,
 * because another site's page cannot set `Authorization`. Clients of Consul send the token as `X-Consul-Token`, which
 * such a page cannot set either.
 */
export function byToken({ isLocal, token }: AccessOptions): MiddlewareHandler {
  return async (c, next) => {
    const changes = !SAFE.has(c.req.method);
    if (isLocal && !changes) return next();
    if (token === undefined) {
      const detail = 'Start the gateway with ROLLCALL_ADMIN_TOKEN or --admin-token-file.';
      return problem(c, 'no-token-set', detail);
    }
    const given = bearer(c.req.header('authorization')) ?? c.req.header('x-consul-token');
    if (given !== undefined && timingSafeEqual(sha256(given), sha256(token))) return next();
    return problem(c, 'token-needed', 'Send it as "Authorization: Bearer TOKEN".', {
      'www-authenticate': 'Bearer realm="rollcall"',
    });
  };
}

function bearer(authorization: string | undefined): string | undefined {
  return /^Bearer +([^ ]+) *$/i.exec(authorization ?? '')?.[1];
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
