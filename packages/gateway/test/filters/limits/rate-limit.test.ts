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

/** The requests of which the limit lets all pass, in order. */
function passed(filter: ReturnType<typeof limited>, requests: Partial<FilterRequest>[]): boolean[] {
  return requests.map((each) => filter.onRequest?.(filterRequest(each)) === undefined);
}

const header = (value: string) => ({ fields: fieldSet({ 'x-tenant': value }) });

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

  it('counts for an address, and of IPv6 for a network of /64', () => {
    const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.1'];
    expect(
      passed(
        limited(),
        addresses.map((clientAddress) => ({ clientAddress })),
      ),
    ).toEqual([true, true, true, false]);
    const network = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1'];
    expect(
      passed(
        limited(),
        network.map((clientAddress) => ({ clientAddress })),
      ),
    ).toEqual([true, true, false, true]);
  });

  it('counts for a consumer at any address, and without one for the address', () => {
    const requests = [
      { consumer: 'ann', clientAddress: '192.0.2.1' },
      { consumer: 'ann', clientAddress: '192.0.2.2' },
      { consumer: 'ann', clientAddress: '192.0.2.3' },
      { consumer: 'bob', clientAddress: '192.0.2.1' },
      { clientAddress: '192.0.2.1' },
      { clientAddress: '192.0.2.1' },
      { clientAddress: '192.0.2.1' },
    ];
    expect(passed(limited({ by: 'consumer' }), requests)).toEqual([
      true,
      true,
      false,
      true,
      true,
      true,
      false,
    ]);
  });

  it('counts for a header, and not for a name that looks like another key', () => {
    const requests = [
      header('a'),
      header('a'),
      header('a'),
      header('b'),
      header('address 10.0.0.1'),
      {},
      {},
    ];
    expect(passed(limited({ by: 'header:X-Tenant' }), requests)).toEqual([
      true,
      true,
      false,
      true,
      true,
      true,
      true,
    ]);
  });

  it('counts for all requests of a route, and for each route by itself', () => {
    const requests = [
      { route: '/v1', clientAddress: '192.0.2.1' },
      { route: '/v1', clientAddress: '192.0.2.2' },
      { route: '/v1', clientAddress: '192.0.2.3' },
      { route: '/v2', clientAddress: '192.0.2.1' },
    ];
    expect(passed(limited({ by: 'route' }), requests)).toEqual([true, true, false, true]);
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
    expect(allowed({ rate: '2/m' }, 3)).toEqual([true, true, false]);
    expect(allowed({ rate: '3/m' }, 2)).toEqual([true, false]);
    expect(allowed({ rate: '1000/d', burst: 3 }, 1)).toEqual([false]);
    expect(allowed({ rate: '1000/d', burst: 5 }, 3)).toEqual([true, true, false]);
  });

  it('counts for a case that has a limit of its own, apart from the route', () => {
    const limits = new LocalLimits({ now });
    const context = filterContext({ limits });
    const route = filterOf(RATE_LIMIT, { rate: '1/m' }, context);
    const scoped = { ...context, limitScope: '/v1 (case 1)' };
    const ofCase = filterOf(RATE_LIMIT, { rate: '2/m' }, scoped);
    expect([passed(route, [{}, {}]), passed(ofCase, [{}, {}, {}])]).toEqual([
      [true, false],
      [true, true, false],
    ]);
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
