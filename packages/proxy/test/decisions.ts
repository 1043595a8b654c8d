import { PROXY_PROBLEMS } from '../src/problems.ts';
import type { Problem } from '../src/problems.ts';
import type { RequestView, Forward, Upstream } from '../src/proxy.ts';

/** A request that says nothing of itself. */
export const REQUEST: RequestView = {
  method: 'GET',
  host: 'localhost',
  target: '/',
  clientAddress: '192.0.2.1',
  field: () => undefined,
};

/** A problem that whoever decides answers with. */
export const NO_UPSTREAM: Problem = {
  code: 'no-upstream',
  ...PROXY_PROBLEMS['no-upstream'],
  detail: 'why',
};

/** What an engine told of a request's way. */
export interface Reported {
  readonly statuses: number[];
  /** Of each try that has ended, whether the instance was at fault. */
  readonly faults: boolean[];
}

/** A way of a request to whatever `next` names, with no other rules. */
export function forwardBy(
  next: () => Upstream | undefined,
  target: string,
  prefix = '',
  told: Reported = { statuses: [], faults: [] },
): Forward {
  return {
    type: 'forward',
    target,
    prefix,
    next,
    onResponse: (status) => told.statuses.push(status),
    onAttemptEnd: (isFault) => told.faults.push(isFault),
    mayRetry: () => true,
  };
}
