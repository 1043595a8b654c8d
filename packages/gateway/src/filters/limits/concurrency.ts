import type { Filter, FilterRequest } from '@rollcall/proxy';
import type { Resolved } from '@rollcall/runtime/settings';
import { filterProblem } from '../../problem.ts';
import type { FilterContext } from '../filter-context.ts';
import { ENABLED } from '../filter-kind.ts';
import type { FilterKind } from '../filter-kind.ts';
import { BY_SETTING, describeBy, limitKey } from './limit-key.ts';

const SETTINGS = {
  enabled: ENABLED as typeof ENABLED,
  maxInFlight: {
    type: 'integer',
    min: 1,
    max: 1_000_000,
    defaultIs: 'no limit',
    example: 10,
    doc: 'Maximum requests at a time, in each worker. Without it, the filter is off.',
  },
  by: BY_SETTING as typeof BY_SETTING,
} as const;

type ConcurrencySettings = Resolved<typeof SETTINGS>;

/** Limits how many requests are in flight at a time. */
export const CONCURRENCY: FilterKind<typeof SETTINGS> = {
  settings: {
    type: 'group',
    settings: SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'Concurrency: how many requests may be in flight at a time. Each route counts for itself. A tunnel, such as a WebSocket, is in flight until it ends.',
  },
  needs: ['maxInFlight'],
  create: ({ enabled, maxInFlight, by }, context) =>
    enabled && maxInFlight !== undefined ? concurrencyFilter(maxInFlight, by, context) : undefined,
  describe: ({ maxInFlight, by }) => `allows ${maxInFlight} at a time ${describeBy(by)}`,
};

function concurrencyFilter(
  maxInFlight: number,
  by: ConcurrencySettings['by'],
  { isDry, inFlight }: FilterContext,
): Filter {
  if (isDry) return { name: 'concurrency' };
  const keyOf = limitKey(by);
  const keys = new WeakMap<FilterRequest, string>();
  const detail = `The limit is ${maxInFlight} requests at a time ${describeBy(by)}.`;
  return {
    name: 'concurrency',
    onRequest(request) {
      const key = `${request.route ?? ''} ${by} ${keyOf(request)}`;
      const count = inFlight.get(key) ?? 0;
      if (count >= maxInFlight)
        return {
          problem: filterProblem('concurrency-limited', detail),
          fields: [['retry-after', '1']],
        };
      inFlight.set(key, count + 1);
      keys.set(request, key);
      return undefined;
    },
    onRequestEnd(request) {
      const key = keys.get(request);
      if (key === undefined) return;
      keys.delete(request);
      const count = (inFlight.get(key) ?? 1) - 1;
      if (count === 0) inFlight.delete(key);
      else inFlight.set(key, count);
    },
  };
}
