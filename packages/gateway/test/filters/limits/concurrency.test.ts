import { describe, expect, it } from 'vitest';
import { CONCURRENCY } from '../../../src/filters/limits/concurrency.ts';
import { filterContext, filterOf, filterRequest, settingsOf } from '../filter-request.ts';

describe('a limit of concurrency', () => {
  it('answers 429 while as many requests are in flight, and none longer', () => {
    const inFlight = new Map<string, number>();
    const filter = filterOf(CONCURRENCY, { maxInFlight: 2 }, filterContext({ inFlight }));
    const [one, two, three] = [filterRequest(), filterRequest(), filterRequest()];
    expect(filter.onRequest?.(one)).toBeUndefined();
    expect(filter.onRequest?.(two)).toBeUndefined();
    expect(filter.onRequest?.(three)).toMatchObject({
      problem: { code: 'concurrency-limited', status: 429 },
      fields: [['retry-after', '1']],
    });
    filter.onRequestEnd?.(one);
    // A request ends once, even if more is reported of it.
    filter.onRequestEnd?.(one);
    filter.onRequestEnd?.(three);
    expect(filter.onRequest?.(filterRequest())).toBeUndefined();
    expect(filter.onRequest?.(filterRequest())).toBeDefined();
  });

  it('keeps nothing of what has ended', () => {
    const inFlight = new Map<string, number>();
    const filter = filterOf(
      CONCURRENCY,
      { maxInFlight: 2, by: 'consumer' },
      filterContext({ inFlight }),
    );
    const requests = ['ann', 'bob', 'ann'].map((consumer) => filterRequest({ consumer }));
    for (const each of requests) expect(filter.onRequest?.(each)).toBeUndefined();
    expect(inFlight.size).toBe(2);
    for (const each of requests) filter.onRequestEnd?.(each);
    expect(inFlight.size).toBe(0);
  });

  it('counts on over a change of the configuration', () => {
    const context = filterContext({ inFlight: new Map() });
    const before = filterOf(CONCURRENCY, { maxInFlight: 1 }, context);
    const request = filterRequest();
    expect(before.onRequest?.(request)).toBeUndefined();
    const after = filterOf(CONCURRENCY, { maxInFlight: 1 }, context);
    expect(after.onRequest?.(filterRequest())).toBeDefined();
    before.onRequestEnd?.(request);
    expect(after.onRequest?.(filterRequest())).toBeUndefined();
  });

  it('is off without a number', () => {
    expect(CONCURRENCY.create(settingsOf(CONCURRENCY, {}), filterContext())).toBeUndefined();
  });
});
