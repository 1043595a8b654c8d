import { IDENTITY_FAILURE } from '@rollcall/protocol';
import type { ProbeAttempt, Verdict } from '@rollcall/protocol';
import type { ProxyOptions } from '@rollcall/proxy';
import { identityFailure } from '@rollcall/runtime';

/** What a request showed of an instance that could not be connected to: it counts as a probe. */
export interface InstanceOutcome {
  readonly key: string;
  readonly verdict: Verdict;
  /** Why it is `unidentified`. */
  readonly reason?: string | undefined;
}

/** Returns what is shown by a connection that failed. Parameters as of `onUnreachable` of the proxy. */
export function instanceOutcome(
  ...[{ key, tls }, verdict, error]: Parameters<NonNullable<ProxyOptions['onUnreachable']>>
): InstanceOutcome {
  const reason = tls?.identity === undefined ? undefined : identityFailure(error, tls.identity);
  return reason === undefined ? { key, verdict } : { key, verdict: 'unidentified', reason };
}

/** Returns an outcome as that of a probe. */
export function attemptOf({ reason }: InstanceOutcome): ProbeAttempt | undefined {
  return reason === undefined ? undefined : { outcome: { code: IDENTITY_FAILURE, reason } };
}
