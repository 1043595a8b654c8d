import type { AddressRanges } from '@rollcall/protocol';
import { clientNetwork } from '@rollcall/proxy';
import { limitLines } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import {
  accessRefusal,
  AdminTokens,
  adminTokensOf,
  bearerToken,
  challengeOf,
  describeMissingScope,
  isReading,
  namesLoopback,
} from '@rollcall/runtime/admin';
import type { Caller } from '@rollcall/runtime/admin';
import type { Context, MiddlewareHandler } from 'hono';
import { rangesOf } from '../address-ranges.ts';
import { clientAddress } from '../client-address.ts';
import { LocalLimits } from '../filters/limits/local-limits.ts';
import { parseRate } from '../filters/limits/rate.ts';
import { SCOPES } from '../settings/admin.ts';
import type { Scope } from '../settings/admin.ts';
import type { ResolvedConfig } from '../settings/config.ts';
import { problem } from './problem.ts';

declare module 'hono' {
  interface ContextVariableMap {
    caller: Caller<Scope>;
  }
}

/** The settings that may change while the gateway runs. */
export type AccessSettings = Pick<ResolvedConfig, 'adminToken' | 'adminTokens' | 'trustedProxies'>;

export interface AccessOptions {
  /** The admin API listens on loopback, where reading needs no token. */
  readonly isLocal: boolean;
  readonly settings: AccessSettings;
  readonly logger: Pick<Logger, 'warn'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** As for clients of the data plane: more than people who mistype, less than programs that guess. */
const FAILED_LOGINS = parseRate('30/m');
/** A token without the scope must not fill the audit log. */
const RECORDED_REFUSALS = parseRate('30/m');

/** Who may use the admin API, and where its requests come from. */
export class Access {
  readonly isLocal: boolean;
  readonly tokens: AdminTokens<Scope>;
  readonly #logRejected: ReturnType<typeof limitLines>;
  readonly #limits: LocalLimits;
  #isTrustedProxy: AddressRanges = () => false;

  constructor({ isLocal, settings, logger, now }: AccessOptions) {
    this.isLocal = isLocal;
    this.tokens = new AdminTokens([], now);
    // From many addresses, there could be many.
    this.#logRejected = limitLines(logger.warn);
    this.#limits = new LocalLimits({ now });
    this.configure(settings);
  }

  configure({ trustedProxies, ...settings }: AccessSettings): void {
    this.#isTrustedProxy = rangesOf(trustedProxies);
    this.tokens.configure(adminTokensOf(settings, SCOPES));
  }

  /** Finds out who sends a request. Clients of Consul send the token as `X-Consul-Token`. */
  identify(c: Context): Caller<Scope> {
    const { req } = c;
    return this.tokens.identify(
      bearerToken(req.header('authorization')) ?? req.header('x-consul-token'),
    );
  }

  /** Returns the address of the client; that of a trusted proxy in front of it does not count. */
  clientAddress(c: Context): string {
    return clientAddress(c, this.#isTrustedProxy);
  }

  /** Counts a login that has failed. Returns the response to a client whose address has failed too often. */
  failed(c: Context, { failure }: Caller): Response | undefined {
    const from = this.clientAddress(c);
    const { isAllowed, retryMs } = this.#limits.take(`login ${clientNetwork(from)}`, FAILED_LOGINS);
    if (isAllowed) {
      this.#logRejected({ from, why: failure }, 'rejected an admin token');
      return undefined;
    }
    const detail = 'Too many logins from this address have failed. Try again later.';
    const seconds = Math.max(1, Math.ceil(retryMs / 1000));
    return problem(c, 'login-limited', detail, { 'retry-after': String(seconds) });
  }

  /** Whether the audit log has room for a change that a token does not allow. */
  isRecorded(from: string): boolean {
    return this.#limits.take(`scope ${clientNetwork(from)}`, RECORDED_REFUSALS).isAllowed;
  }

  close(): void {
    this.tokens.close();
    this.#limits.close();
  }
}

/** On loopback, accepts only the host names of loopback. */
export function byOwnName({ isLocal }: Pick<Access, 'isLocal'>): MiddlewareHandler {
  return async (c, next) => {
    if (!isLocal || namesLoopback(c.req.header('host'))) return next();
    return problem(c, 'wrong-host', 'Use localhost, 127.0.0.1 or [::1].');
  };
}

/** Requires the scope `read` for reading, except on loopback, and a token for everything else. */
export function byToken(access: Access): MiddlewareHandler {
  return async (c, next) => {
    const caller = access.identify(c);
    c.set('caller', caller);
    const isReadingOnly = isReading(c.req.method);
    const refusal = accessRefusal(caller, {
      ...(isReadingOnly && { scope: 'read' }),
      isOpen: isReadingOnly && access.isLocal,
      tokens: access.tokens,
    });
    if (refusal === undefined) return next();
    if (refusal === 'missing-scope') return missingScope(c, 'read');
    if (refusal === 'no-token-set')
      return problem(
        c,
        refusal,
        'Start the gateway with ROLLCALL_ADMIN_TOKEN or --admin-token-file, or set adminTokens.',
      );
    const limited = caller.failure === undefined ? undefined : access.failed(c, caller);
    const expired = caller.failure === 'expired' ? 'The token has expired. ' : '';
    const detail = `${expired}Send a valid one as "Authorization: Bearer TOKEN".`;
    return limited ?? problem(c, refusal, detail, challengeOf(refusal));
  };
}

/** The token of the request does not have a scope. */
export function missingScope(c: Context, scope: Scope): Response {
  const detail = describeMissingScope(c.get('caller'), scope);
  return problem(c, 'missing-scope', detail, challengeOf('missing-scope', scope));
}
