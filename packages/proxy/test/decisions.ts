import { PROXY_PROBLEMS } from '../src/problems.ts';
import type { Problem } from '../src/problems.ts';
import type { AttemptEnd, RequestView, Forward, Upstream } from '../src/proxy.ts';

/** A request with nothing special. */
export const REQUEST: RequestView = {
  method: 'GET',
  host: 'localhost',
  target: '/',
  isSecure: false,
  clientAddress: '192.0.2.1',
  field: () => undefined,
};

/** A problem that a decision answers with. */
export const NO_UPSTREAM: Problem = {
  code: 'no-upstream',
  ...PROXY_PROBLEMS['no-upstream'],
  detail: 'why',
};

/** What a proxy has reported about a request's attempts. */
export interface Reported {
  readonly statuses: number[];
  /** How each attempt ended. */
  readonly ends: AttemptEnd[];
  /** The statuses of calls of gRPC. */
  readonly grpcStatuses?: number[];
}

/** A decision to forward to what `next` returns, with no other rules. */
export function forwardBy(
  next: () => Upstream | undefined,
  target: string,
  prefix = '',
  reported: Reported = { statuses: [], ends: [] },
): Forward {
  return {
    type: 'forward',
    target,
    prefix,
    next,
    onResponse: (status) => reported.statuses.push(status),
    onGrpcStatus: (status) => reported.grpcStatuses?.push(status),
    onAttemptEnd: (end) => reported.ends.push(end),
    mayRetry: () => true,
  };
}
