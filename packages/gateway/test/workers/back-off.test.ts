import { expect, it } from 'vitest';
import { BackOff } from '../../src/workers/back-off.ts';

it('replaces a process that ran for long at once, and one that keeps dying young with growing delays', () => {
  const backOff = new BackOff();
  const waits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(() => backOff.delayAfter(9_999));
  expect(waits).toEqual([0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  expect([10_000, 10_000, 5, 5].map((lived) => backOff.delayAfter(lived))).toEqual([
    0, 0, 100, 200,
  ]);
});
