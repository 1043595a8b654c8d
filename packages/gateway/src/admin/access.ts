import { accessRefusal, bearerToken, namesLoopback } from '@rollcall/runtime/admin';
import type { MiddlewareHandler } from 'hono';
import { problem } from './problem.ts';

export interface AccessOptions {
  /** The admin API listens on loopback. */
  readonly isLocal: boolean;
  /** The admin token. Without one, no change is accepted. */
  readonly token?: string;
}

/** On loopback, accepts only the host names of loopback. */
export function byOwnName({ isLocal }: AccessOptions): MiddlewareHandler {
  return async (c, next) => {
    if (!isLocal || namesLoopback(c.req.header('host'))) return next();
    return problem(c, 'wrong-host', 'Use localhost, 127.0.0.1 or [::1].');
  };
}

/**
 * Requires the token for changes, and off loopback for everything. Clients of Consul send the token as `X-Consul-Token`, which
 * the page of another site cannot set either.
 */
export function byToken({ isLocal, token }: AccessOptions): MiddlewareHandler {
  return async (c, next) => {
    const given = bearerToken(c.req.header('authorization')) ?? c.req.header('x-consul-token');
    const refusal = accessRefusal(c.req.method, given, { token, isReadable: isLocal });
    if (refusal === undefined) return next();
    if (refusal === 'no-token-set') {
      const detail = 'Start the gateway with ROLLCALL_ADMIN_TOKEN or --admin-token-file.';
      return problem(c, refusal, detail);
    }
    return problem(c, refusal, 'Send it as "Authorization: Bearer TOKEN".', {
      'www-authenticate': 'Bearer realm="rollcall"',
    });
  };
}
