import { assert, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FailureTest } from '../../src/rollout/failure-test.ts';
import { randomFrom } from '../../../../test/simulation/random.js';

/** The likelihood ratio after so many failures of either. */
function ratioAfter(ofNew: number, ofOld: number, share: number): number {
  const test = new FailureTest();
  test.add([{ ofNew, ofOld, share }]);
  return Math.exp(test.evidence);
}

function binomial(n: number, k: number, p: number): number {
  let value = (1 - p) ** (n - k) * p ** k;
  for (let each = 1; each <= k; each++) value *= (n - k + each) / each;
  return value;
}

describe('the test of failures', () => {
  it('has an expected likelihood ratio of 1 at most if the new version fails no more often', () => {
    assert(
      property(
        integer({ min: 1, max: 25 }),
        double({ min: 0.01, max: 0.95, noNaN: true }),
        double({ min: 0, max: 1, noNaN: true }),
        (failures, share, better) => {
          let expected = 0;
          for (let ofNew = 0; ofNew <= failures; ofNew++)
            expected +=
              binomial(failures, ofNew, share * better) *
              ratioAfter(ofNew, failures - ofNew, share);
          expect(expected).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
    );
  });

  it('is wrong about a version that is as good in fewer than one of twenty runs at 5 %, looked at after each failure', () => {
    const runs = 500;
    let wrong = 0;
    for (let seed = 1; seed <= runs; seed++) {
      const random = randomFrom(seed);
      const test = new FailureTest();
      let highest = 0;
      for (let failure = 0; failure < 300; failure++) {
        const isNew = random() < 0.1;
        test.add([{ ofNew: isNew ? 1 : 0, ofOld: isNew ? 0 : 1, share: 0.1 }]);
        highest = Math.max(highest, test.evidence);
      }
      if (highest >= Math.log(20)) wrong++;
    }
    expect(wrong / runs).toBeLessThanOrEqual(0.05);
  });

  it('counts the failures of one moment for little, however many there are', () => {
    for (const failures of [1, 10, 1000])
      expect(Math.log(ratioAfter(failures, 0, 0.05))).toBeLessThanOrEqual(3 + 1e-9);
  });

  it('grows with each failure that only the new version has', () => {
    const test = new FailureTest();
    for (let moment = 0; moment < 5; moment++) test.add([{ ofNew: 1, ofOld: 0, share: 0.05 }]);
    expect(test.evidence).toBeGreaterThan(Math.log(1000));
    const old = new FailureTest();
    for (let moment = 0; moment < 5; moment++) old.add([{ ofNew: 0, ofOld: 20, share: 0.05 }]);
    expect(old.evidence).toBeLessThan(0);
  });
});
