import { array, assert, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addLatencies,
  countOf,
  latencyAt,
  newLatencies,
  observeLatency,
  superiority,
} from '../../src/rollout/latencies.ts';
import type { Latencies } from '../../src/rollout/latencies.ts';
import { LatencyTest } from '../../src/rollout/latency-test.ts';
import { randomFrom } from '../../../../test/simulation/random.js';

const some = array(double({ min: 0, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 30 });

function of(milliseconds: readonly number[]): Latencies {
  const latencies = newLatencies();
  for (const each of milliseconds) observeLatency(latencies, each);
  return latencies;
}

/** The buckets of a histogram, each as often as it counts. */
function bucketsOf(latencies: Latencies): number[] {
  return [...latencies].flatMap((count, bucket) => Array.from({ length: count }, () => bucket));
}

/** Latencies with a long tail. */
function sample(random: () => number, count: number, factor: number): Latencies {
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return of(Array.from({ length: count }, () => 20 * factor * Math.exp(normal())));
}

describe('latencies', () => {
  it('have their quantiles within 5 %', () => {
    const latencies = of(Array.from({ length: 1001 }, (_, index) => index));
    expect(latencyAt(latencies, 0.5)).toBeCloseTo(500, -2);
    expect((latencyAt(latencies, 0.95) ?? 0) / 950).toBeGreaterThan(0.95);
    expect((latencyAt(latencies, 0.95) ?? 0) / 950).toBeLessThan(1.05);
    expect(latencyAt(newLatencies(), 0.5)).toBeUndefined();
  });

  it('add up', () => {
    const sum = of([1, 2]);
    addLatencies(sum, of([3]));
    expect(sum).toEqual(of([1, 2, 3]));
    expect(countOf(sum)).toBe(3);
  });

  it('are compared as each pair of requests is', () => {
    assert(
      property(some, some, (one, other) => {
        const [a, b] = [of(one), of(other)];
        for (const margin of [0, 2]) {
          let pairs = 0;
          for (const x of bucketsOf(a))
            for (const y of bucketsOf(b)) {
              const moved = Math.max(0, x - margin);
              pairs += moved > y ? 1 : moved === y ? 0.5 : 0;
            }
          expect(superiority(a, b, margin)).toBeCloseTo(pairs / (one.length * other.length), 9);
        }
      }),
    );
  });
});

describe('the test of latency', () => {
  it('is wrong in fewer than one of twenty runs at 5 % about a version that is as slow as tolerated, looked at after each window', () => {
    const runs = 100;
    let wrong = 0;
    for (let seed = 1; seed <= runs; seed++) {
      const random = randomFrom(seed);
      const test = new LatencyTest();
      let highest = 0;
      for (let window = 0; window < 100; window++) {
        test.add(sample(random, 6, 1.1), sample(random, 40, 1));
        highest = Math.max(highest, test.evidence);
      }
      if (highest >= Math.log(20)) wrong++;
    }
    expect(wrong / runs).toBeLessThanOrEqual(0.05);
  });

  it('finds a version that is 30 % slower', () => {
    const random = randomFrom(1);
    const test = new LatencyTest();
    for (let window = 0; window < 300; window++)
      test.add(sample(random, 6, 1.3), sample(random, 40, 1));
    expect(test.evidence).toBeGreaterThan(Math.log(1000));
    expect(test.upperBound).toBeGreaterThan(0.02);
  });

  it('gains little from one window, however slow that was', () => {
    const test = new LatencyTest();
    test.add(of(Array.from({ length: 1000 }, () => 10_000)), of([1]));
    expect(test.evidence).toBeLessThanOrEqual(0.5);
  });

  it('takes no notice of fractions of a millisecond', () => {
    const test = new LatencyTest();
    for (let window = 0; window < 1000; window++) test.add(of([0.25, 0.26]), of([0.2, 0.2, 0.2]));
    expect(test.evidence).toBeLessThan(0);
  });
});
