import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/deferred.ts';
import { limitConcurrency } from '../../src/observer/limit-concurrency.ts';

describe('limited concurrency', () => {
  it('starts up to the limit, and one more whenever one ends, successfully or not', async () => {
    const inTurn = limitConcurrency(2);
    const begun: number[] = [];
    const ends = Array.from({ length: 5 }, () => deferred());
    const all = ends.map(({ promise }, index) =>
      inTurn(async () => {
        begun.push(index);
        await promise;
        if (index === 1) throw new Error('it failed');
        return index;
      }),
    );
    const results = Promise.allSettled(all);
    await setImmediate();
    expect(begun).toEqual([0, 1]);
    ends[1]?.resolve();
    await setImmediate();
    expect(begun).toEqual([0, 1, 2]);
    for (const end of ends) end.resolve();
    expect((await results).map((each) => each.status === 'fulfilled' && each.value)).toEqual([
      0,
      false,
      2,
      3,
      4,
    ]);
  });

  it('starts no more in one turn of the event loop than it may, also when some end at once', async () => {
    const inTurn = limitConcurrency(100, 2);
    let begun = 0;
    const all = Array.from({ length: 5 }, () => inTurn(async () => begun++));
    for (let steps = 0; steps < 20; steps++) await Promise.resolve();
    expect(begun).toBe(2);
    await Promise.all(all);
    expect(begun).toBe(5);
  });
});
