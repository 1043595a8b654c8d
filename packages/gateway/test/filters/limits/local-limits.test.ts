import { beforeEach, describe, expect, it } from 'vitest';
import { LocalLimits } from '../../../src/filters/limits/local-limits.ts';
import type { SpentLimits } from '../../../src/filters/limits/local-limits.ts';
import { parseRate } from '../../../src/filters/limits/rate.ts';

let time: number;
beforeEach(() => {
  time = 1000;
});
const now = (): number => time;

describe('a limit of this gateway', () => {
  it('allows a burst at once, and then the rate', () => {
    const limits = new LocalLimits({ now });
    const rate = parseRate('10/s', 3);
    const take = () => limits.take('a', rate).isAllowed;
    expect([take(), take(), take(), take()]).toEqual([true, true, true, false]);
    time += 99;
    expect(take()).toBe(false);
    time += 1;
    expect([take(), take()]).toEqual([true, false]);
    time += 10_000;
    expect([take(), take(), take(), take()]).toEqual([true, true, true, false]);
  });

  it('allows the rate over a long time, not a request more or less', () => {
    const limits = new LocalLimits({ now });
    const rate = parseRate('7/s', 1);
    let allowed = 0;
    for (; time < 101_000; time += 1) if (limits.take('a', rate).isAllowed) allowed++;
    // The grid of milliseconds costs some.
    expect(allowed).toBeGreaterThan(690);
    expect(allowed).toBeLessThanOrEqual(700);
  });

  it('says what is left, and when', () => {
    const limits = new LocalLimits({ now });
    const rate = parseRate('2/s');
    expect(limits.take('a', rate)).toEqual({
      isAllowed: true,
      remaining: 1,
      resetMs: 500,
      retryMs: 0,
    });
    expect(limits.take('a', rate)).toEqual({
      isAllowed: true,
      remaining: 0,
      resetMs: 1000,
      retryMs: 0,
    });
    time += 100;
    expect(limits.take('a', rate)).toEqual({
      isAllowed: false,
      remaining: 0,
      resetMs: 900,
      retryMs: 400,
    });
  });

  it('counts for each key, in bounded memory: the key that was used longest ago is forgotten', () => {
    const limits = new LocalLimits({ now });
    const rate = parseRate('1/h');
    limits.take('first', rate);
    limits.take('kept', rate);
    for (let each = 0; each < 99_999; each++) {
      limits.take(`key ${each}`, rate);
      if (each === 50_000) limits.take('kept', rate);
    }
    expect(limits.size).toBe(100_000);
    expect(limits.take('first', rate).isAllowed).toBe(true);
  });

  it('is shared by processes, each of which reports what it has allowed', async () => {
    const rate = parseRate('10/m');
    const other = new LocalLimits({ now });
    const spent = await new Promise<SpentLimits>((resolve) => {
      const one = new LocalLimits({ now, share: resolve });
      for (let each = 0; each < 12; each++) one.take('a', rate);
      one.take('b', rate);
    });
    // What was refused is not among it.
    expect(spent).toEqual([
      ['a', [10, 6000]],
      ['b', [1, 6000]],
    ]);
    other.charge(spent);
    expect(other.take('a', rate).isAllowed).toBe(false);
    expect(other.take('b', rate).remaining).toBe(8);
  });

  it('keeps the requests that were taken when its rate changes, a burst at most', () => {
    const limits = new LocalLimits({ now });
    for (let each = 0; each < 8; each++) limits.take('a', parseRate('10/d'));
    // Of a day, so that their time would close the new limit for hours.
    expect(limits.take('a', parseRate('10/s')).remaining).toBe(1);
    time += 100;
    expect(limits.take('a', parseRate('10/s')).remaining).toBe(1);
    const lower = parseRate('2/s');
    expect(limits.take('a', lower)).toMatchObject({ isAllowed: false, retryMs: 500 });
    time += 500;
    expect(limits.take('a', lower).isAllowed).toBe(true);
  });

  it('counts what other processes have allowed by an earlier rate', () => {
    const limits = new LocalLimits({ now });
    limits.charge([['a', [3, 60_000]]]);
    expect(limits.look('a', parseRate('5/s')).remaining).toBe(2);
    limits.take('a', parseRate('5/s'));
    limits.charge([['a', [1, 60_000]]]);
    expect(limits.look('a', parseRate('5/s'))).toMatchObject({ isAllowed: false, remaining: 0 });
  });

  it('can be looked at, which takes nothing', () => {
    const limits = new LocalLimits({ now });
    const rate = parseRate('1/m');
    expect([limits.look('a', rate), limits.look('a', rate)]).toMatchObject([
      { isAllowed: true, remaining: 1 },
      { isAllowed: true, remaining: 1 },
    ]);
    limits.take('a', rate);
    expect(limits.look('a', rate)).toMatchObject({ isAllowed: false, retryMs: 60_000 });
  });
});
