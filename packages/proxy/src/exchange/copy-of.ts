import type { Context } from '../context.ts';
import type { FilterRun } from '../filters/filter-run.ts';
import type { RequestCopy } from '../mirror/request-copy.ts';
import type { Forward } from '../proxy.ts';
import type { ClientRequest } from './client-request.ts';
import { requestFacts } from './request-facts.ts';

/** Begins the copy of a request that filters have let pass; undefined if it gets none. */
export function copyOf(
  request: ClientRequest,
  decision: Forward,
  filters: FilterRun | undefined,
  { mirrors, via }: Context,
): RequestCopy | undefined {
  const mirror = decision.mirror?.();
  if (mirror === undefined) return undefined;
  const head = filters === undefined ? request.head : filters.head;
  return mirrors.begin(mirror, head, requestFacts(request, decision, filters, via));
}
