import { describe, expect, it } from 'vitest';
import {
  addCounts,
  AT,
  BUCKET_BOUNDS,
  newCounts,
  observeSeconds,
  quantile,
} from '../../src/traffic/counts.ts';

const of = (...seconds: number[]) => {
  const counts = newCounts();
  for (const each of seconds) observeSeconds(counts, each);
  return counts;
};

describe('durations in buckets', () => {
  it.each([
    [0, 0],
    [0.0005, 0],
    [0.000_501, 1],
    [0.01, 4],
    [10, 13],
    [10.001, 14],
    [Infinity, 14],
  ])('%d s is in bucket %d', (seconds, bucket) => {
    const counts = of(seconds);
    expect(counts[AT.buckets + bucket]).toBe(1);
    expect(counts.slice(AT.buckets).reduce((sum, each) => sum + each)).toBe(1);
  });

  it('are added bucket by bucket', () => {
    const counts = of(0.003, 20);
    addCounts(counts, of(0.004));
    expect(counts).toEqual(of(0.003, 20, 0.004));
  });

  it.each([
    [[], 0.5, undefined],
    // Four between 2 and 5 ms: the second ends at half of that.
    [[0.003, 0.003, 0.003, 0.003], 0.5, 0.0035],
    [[0.003, 0.003, 0.003, 0.003], 1, 0.005],
    [[0.003, 0.2, 0.2, 0.2], 0.25, 0.005],
    [[0.003, 99], 0.99, BUCKET_BOUNDS.at(-1)],
  ])('of %j the share %d is within %s', (seconds, share, wanted) => {
    const found = quantile(of(...seconds), share);
    if (wanted === undefined) expect(found).toBeUndefined();
    else expect(found).toBeCloseTo(wanted, 9);
  });
});
