import { createHash, timingSafeEqual } from 'node:crypto';
import { isLoopback } from '@rollcall/protocol';
import type { MiddlewareHandler } from 'hono';
import { problem } from './problem.ts';

export interface AccessOptions {
  /** The admin API listens on loopback. */
  readonly isLocal: boolean;
  /** Without it nothing can be changed. */
  readonly token?: string;
}

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * On loopback, answers by the names of loopback alone: a page in a browser of this machine could otherwise
 * read it by a name of its own that it had resolve to 127.0.0.1.
 */
export function byOwnName({ isLocal }: AccessOptions): MiddlewareHandler {
  return async (c, next) => {
    const host = (c.req.header('host') ?? '').replace(/:[0-9]*$/, '');
    if (!isLocal || isLoopback(host)) return next();
    return problem(c, 'wrong-host', 'Name it localhost, 127.0.0.1 or [::1].');
  };
}

/**
 * What changes something needs the token, and off loopback everything does. No form and no image of another
 * site's page can send the header `Authorization`, so that nobody needs to look where a request came from.
 * Clients of Consul send theirs as `X-Consul-Token`, which no such page can either.
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
