import type { FilterRun } from '../filters/filter-run.ts';
import type { RequestFacts } from '../http1/write-request.ts';
import type { Forward } from '../proxy.ts';
import type { ClientRequest } from './client-request.ts';

/** Returns what a request is given on its way to the upstream. */
export function requestFacts(
  request: ClientRequest,
  { target, prefix = '', isStripped = true }: Forward,
  filters: FilterRun | undefined,
  via: string,
): RequestFacts {
  return {
    forwarded: request.forwardedLines,
    requestId: request.id,
    via,
    traceparent: request.record?.trace?.traceparent,
    target: filters === undefined ? target : filters.upstreamTarget,
    prefix: isStripped ? request.forwardedPrefix + prefix : request.forwardedPrefix,
  };
}
