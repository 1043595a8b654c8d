import { beforeEach, describe, expect, it } from 'vitest';
import type { FilterRequest } from '@rollcall/proxy';
import { LocalLimits } from '../../../src/filters/limits/local-limits.ts';
import { RATE_FORMAT } from '../../../src/filters/limits/rate.ts';
import { RATE_LIMIT } from '../../../src/filters/limits/rate-limit.ts';
import type { SharedLimits } from '../../../src/filters/limits/redis-limits.ts';
import {
  fieldSet,
  filterContext,
  filterOf,
  filterRequest,
  filterResponse,
  settingsOf,
} from '../filter-request.ts';

let time: number;
beforeEach(() => {
  time = 1000;
});
const now = (): number => time;

describe('a rate', () => {
  it.each(['10/s', '100/m', '1000/h', '5/d'])('is %s', (text) => {
    expect(RATE_FORMAT.parse(text)).toBe(text);
  });

  it.each(['10', '0/s', '10/w', '-1/s', '1.5/s', '10 / s', '10/s '])('is not %j', (text) => {
    expect(RATE_FORMAT.parse(text)).toBeUndefined();
  });
});

function limited(given = {}, sharedLimits?: SharedLimits) {
  const limits = new LocalLimits({ now });
  return filterOf(RATE_LIMIT, { rate: '2/m', ...given }, filterContext({ limits, sharedLimits }));
}

/** For each of the requests, in order: + if the limit lets it pass, - if not. */
function passed(
  filter: ReturnType<typeof limited>,
  requests: readonly Partial<FilterRequest>[],
): string {
  return requests
    .map((each) => (filter.onRequest?.(filterRequest(each)) === undefined ? '+' : '-'))
    .join('');
}

const from = (clientAddress: string) => ({ clientAddress });
const consumer = (name: string, address: string) => ({ consumer: name, ...from(address) });
const header = (value: string) => ({ fields: fieldSet({ 'x-tenant': value }) });
const on = (route: string, address: string) => ({ route, ...from(address) });

describe('a rate limit', () => {
  it('answers 429 with what is left and when to come again', () => {
    const filter = limited();
    const outcomes = [1, 2, 3].map(() => {
      const request = filterRequest();
      const outcome = filter.onRequest?.(request);
      const response = filterResponse();
      filter.onResponse?.(response, request);
      return [outcome, [...response.fields]];
    });
    const policy = ['RateLimit-Policy', '"default";q=2;w=60'];
    expect(outcomes).toEqual([
      [undefined, [policy, ['RateLimit', '"default";r=1;t=30']]],
      [undefined, [policy, ['RateLimit', '"default";r=0;t=60']]],
      [
        {
          problem: {
            code: 'rate-limited',
            status: 429,
            title: 'Too many requests',
            detail: 'The limit is 2/m for each address.',
          },
          fields: [['retry-after', '30']],
        },
        [policy, ['RateLimit', '"default";r=0;t=60']],
      ],
    ]);
  });

  it.each<[what: string, by: string, requests: Partial<FilterRequest>[], expected: string]>([
    [
      'an address',
      'address',
      ['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.1'].map(from),
      '+++-',
    ],
    [
      'a network of /64 of IPv6',
      'address',
      ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1'].map(from),
      '++-+',
    ],
    [
      'a consumer at any address',
      'consumer',
      ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((each) => consumer('ann', each)),
      '++-',
    ],
    [
      'each consumer, and without one for the address',
      'consumer',
      [
        ...['ann', 'ann', 'bob'].map((each) => consumer(each, '192.0.2.1')),
        ...['192.0.2.1', '192.0.2.1', '192.0.2.1'].map(from),
      ],
      '+++++-',
    ],
    ['a header', 'header:X-Tenant', ['a', 'a', 'a', 'b'].map(header), '++-+'],
    [
      'a header, and not for a name that looks like another key',
      'header:X-Tenant',
      [header('address 10.0.0.1'), {}, {}],
      '+++',
    ],
    [
      'all requests of a route, and for each route by itself',
      'route',
      [
        ...['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((each) => on('/v1', each)),
        on('/v2', '192.0.2.1'),
      ],
      '++-+',
    ],
  ])('counts for %s', (_what, by, requests, expected) => {
    expect(passed(limited({ by }), requests)).toBe(expected);
  });

  it('keeps what was counted when its rate changes', () => {
    const limits = new LocalLimits({ now });
    const allowed = (given: object, count: number) => {
      const filter = filterOf(RATE_LIMIT, { rate: '2/m', ...given }, filterContext({ limits }));
      return passed(
        filter,
        Array.from({ length: count }, () => ({})),
      );
    };
    expect(allowed({ rate: '2/m' }, 3)).toBe('++-');
    expect(allowed({ rate: '3/m' }, 2)).toBe('+-');
    expect(allowed({ rate: '1000/d', burst: 3 }, 1)).toBe('-');
    expect(allowed({ rate: '1000/d', burst: 5 }, 3)).toBe('++-');
  });

  it('counts for a case that has a limit of its own, apart from the route', () => {
    const limits = new LocalLimits({ now });
    const context = filterContext({ limits });
    const route = filterOf(RATE_LIMIT, { rate: '1/m' }, context);
    const scoped = { ...context, limitScope: '/v1 (case 1)' };
    const ofCase = filterOf(RATE_LIMIT, { rate: '2/m' }, scoped);
    expect([passed(route, [{}, {}]), passed(ofCase, [{}, {}, {}])]).toEqual(['+-', '++-']);
  });

  it.each([
    ['local', [undefined, undefined, 429]],
    ['allow', [undefined, undefined, undefined]],
    ['deny', [503, 503, 503]],
  ])(
    'does what the configuration says while Redis is away: %s',
    async (whenRedisFails, expected) => {
      const away = { open() {}, take: () => Promise.reject(new Error('away')), close() {} };
      const filter = limited({ store: 'redis', whenRedisFails }, away);
      const statuses: (number | undefined)[] = [];
      for (let each = 0; each < expected.length; each++) {
        const outcome = await filter.onRequest?.(filterRequest());
        statuses.push(
          outcome !== undefined && 'problem' in outcome ? outcome.problem.status : undefined,
        );
      }
      expect(statuses).toEqual(expected);
    },
  );

  it('counts nothing when a request is only explained', () => {
    const context = filterContext({ isDry: true });
    expect(filterOf(RATE_LIMIT, { rate: '1/s' }, context)).not.toHaveProperty('onRequest');
  });

  it('is described by its rate, and needs Redis if it is to count there', () => {
    const settings = settingsOf(RATE_LIMIT, {
      rate: '10/s',
      burst: 20,
      by: 'consumer',
      store: 'redis',
    });
    expect(RATE_LIMIT.describe(settings)).toBe(
      'allows 10/s for each consumer, bursts of 20, counted in Redis',
    );
    const facts = { isConsumer: () => true, hasRedis: false, hasClientCa: false };
    expect(RATE_LIMIT.faults?.(settings, facts).map(({ key }) => key)).toEqual(['store']);
    expect(RATE_LIMIT.faults?.(settings, { ...facts, hasRedis: true })).toEqual([]);
  });
});
