import { expect, it } from 'vitest';
import { BackOff } from '../../src/workers/back-off.ts';

it('replaces at once who has lived for long, and later and later who keeps dying young', () => {
  const backOff = new BackOff();
  const waits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(() => backOff.after(9_999));
  expect(waits).toEqual([0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  expect([10_000, 10_000, 5, 5].map((lived) => backOff.after(lived))).toEqual([0, 0, 100, 200]);
});
