import type { Filter, FilterOutcome, FilterRequest } from '@rollcall/proxy';
import type { Resolved } from '@rollcall/runtime/settings';
import { filterProblem } from '../../problem.ts';
import type { FilterContext } from '../filter-context.ts';
import { ENABLED } from '../filter-kind.ts';
import type { FilterKind } from '../filter-kind.ts';
import { BY_SETTING, describeBy, limitKey } from './limit-key.ts';
import { parseRate, RATE_FORMAT } from './rate.ts';
import type { Rate, Taken } from './rate.ts';

const SETTINGS = {
  enabled: ENABLED as typeof ENABLED,
  rate: {
    type: 'text',
    format: RATE_FORMAT as typeof RATE_FORMAT,
    example: '10/s',
    doc: 'Requests per second, minute, hour or day: `10/s`, `100/m`, `1000/h`, `10000/d`. Without a rate, the filter is off.',
  },
  burst: {
    type: 'integer',
    min: 1,
    max: 1_000_000_000,
    defaultIs: 'the number of the rate',
    doc: 'Requests that may come at once. They are given back at the rate.',
  },
  by: BY_SETTING as typeof BY_SETTING,
  store: {
    type: 'choice',
    words: ['local', 'redis'],
    default: 'local',
    doc: 'Where requests are counted: `local` in this gateway, for all its workers; `redis` for all gateways together.',
  },
  whenRedisFails: {
    type: 'choice',
    words: ['local', 'allow', 'deny'],
    default: 'local',
    doc: 'What happens while Redis does not answer: each gateway counts for itself, or requests are allowed, or answered with 503.',
  },
} as const;

type RateLimitSettings = Resolved<typeof SETTINGS>;

/** Limits how many requests come in a time. */
export const RATE_LIMIT: FilterKind<typeof SETTINGS> = {
  settings: {
    type: 'group',
    settings: SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'Rate limits: how many requests may come in which time. Each route counts for itself.',
  },
  needs: ['rate'],
  faults({ enabled, rate, store }, { hasRedis }) {
    if (enabled && rate !== undefined && store === 'redis' && !hasRedis)
      return [{ key: 'store', problem: 'is "redis", but `redis.url` is not set' }];
    return [];
  },
  create: ({ enabled, rate, burst, ...settings }, context) =>
    enabled && rate !== undefined
      ? rateLimitFilter(parseRate(rate, burst), settings, context)
      : undefined,
  describe: ({ rate = '', burst, by, store }) =>
    [
      `allows ${rate} ${describeBy(by)}`,
      ...(burst === undefined ? [] : [`bursts of ${burst}`]),
      ...(store === 'redis' ? ['counted in Redis'] : []),
    ].join(', '),
};

type Options = Pick<RateLimitSettings, 'by' | 'store' | 'whenRedisFails'>;

function rateLimitFilter(rate: Rate, options: Options, context: FilterContext): Filter {
  const { by, store, whenRedisFails } = options;
  const { limits, sharedLimits, limitScope } = context;
  if (store === 'redis') sharedLimits?.open();
  const keyOf = limitKey(by);
  const policy = policyField(rate);
  const results = new WeakMap<FilterRequest, Taken>();

  function settle(request: FilterRequest, taken: Taken): FilterOutcome | undefined {
    results.set(request, taken);
    return taken.isAllowed ? undefined : refusal(rate, by, taken);
  }

  function withoutRedis(request: FilterRequest, key: string): FilterOutcome | undefined {
    if (whenRedisFails === 'local') return settle(request, limits.take(key, rate));
    if (whenRedisFails === 'allow') return undefined;
    return {
      problem: filterProblem(
        'rate-limit-unavailable',
        'Requests cannot be counted. Try again soon.',
      ),
    };
  }

  return {
    name: 'rateLimit',
    ...(!context.isDry && {
      onRequest(request) {
        // Without the rate, so that what was counted outlives a change of it.
        const key = `${request.route ?? ''} ${limitScope} ${keyOf(request)}`;
        if (store === 'local' || sharedLimits === undefined)
          return settle(request, limits.take(key, rate));
        return sharedLimits.take(key, rate).then(
          (taken) => settle(request, taken),
          () => withoutRedis(request, key),
        );
      },
    }),
    onResponse({ fields }, request) {
      const taken = results.get(request);
      if (taken === undefined) return;
      fields.set('RateLimit-Policy', policy);
      fields.set('RateLimit', `"default";r=${taken.remaining};t=${seconds(taken.resetMs)}`);
    },
  };
}

/** As draft-ietf-httpapi-ratelimit-headers-10 has it: the burst, and the time in which it is given back. */
function policyField({ intervalMs, burst }: Rate): string {
  return `"default";q=${burst};w=${seconds(intervalMs * burst)}`;
}

function refusal({ text }: Rate, by: string, { retryMs }: Taken): FilterOutcome {
  const detail = `The limit is ${text} ${describeBy(by)}.`;
  return {
    problem: filterProblem('rate-limited', detail),
    fields: [['retry-after', String(Math.max(1, seconds(retryMs)))]],
  };
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
