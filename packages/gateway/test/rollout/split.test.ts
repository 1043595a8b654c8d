import { array, assert, boolean, double, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharesOf, splitWithout } from '../../src/rollout/split.ts';

const contender = (weight: number, maxShare: number) => ({
  version: 'x',
  weight,
  isHeld: maxShare === 0,
  maxShare,
});

describe('shares', () => {
  it('are the limit of a new version, and no more than its instances are due', () => {
    expect(sharesOf(4, [contender(4, 0.05)])).toEqual([0.05]);
    expect(sharesOf(9, [contender(1, 0.5)])).toEqual([0.1]);
  });

  it('leave no old instance more than twice of what it is due', () => {
    // One old instance beside nine new ones.
    expect(sharesOf(1, [contender(9, 0)])[0]).toBeCloseTo(0.8);
    expect(sharesOf(5, [contender(5, 0)])).toEqual([0]);
  });

  it('give what is too much for the old instances to new versions before it gives to held ones', () => {
    const [held, testing] = sharesOf(2, [contender(2, 0), contender(2, 0.05)]);
    expect(held).toBe(0);
    expect(testing).toBeCloseTo(1 / 3);
  });

  it('give a held version nothing, not even by an error of rounding', () => {
    expect(sharesOf(1, [contender(1, 1), contender(1, 0)])).toEqual([1 / 3, 0]);
  });

  it('are from 0 to what is due, for any versions', () => {
    const contenders = array(
      record({
        version: integer().map(String),
        isHeld: boolean(),
        weight: integer({ min: 1, max: 100 }),
        maxShare: double({ min: 0, max: 1, noNaN: true }),
      }),
      { minLength: 1, maxLength: 5 },
    );
    assert(
      property(integer({ min: 1, max: 100 }), contenders, (oldWeight, all) => {
        const total = all.reduce((sum, { weight }) => sum + weight, oldWeight);
        const shares = sharesOf(oldWeight, all);
        const old = 1 - shares.reduce((sum, share) => sum + share, 0);
        expect(old).toBeLessThanOrEqual((2 * oldWeight) / total + 1e-9);
        expect(old).toBeGreaterThanOrEqual(oldWeight / total - 1e-9);
        for (const [index, share] of shares.entries()) {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual((all[index]?.weight ?? 0) / total + 1e-9);
        }
      }),
    );
  });
});

describe('a split without a version', () => {
  const split = {
    epoch: 7,
    groups: [
      { versions: ['1.3', '1.4'], share: 0.9 },
      { versions: ['1.5'], share: 0.1 },
      { versions: ['1.6'], share: 0 },
    ],
  };

  it('gives its share to the old ones, and does not count', () => {
    expect(splitWithout(split, '1.5')).toEqual({
      epoch: 0,
      groups: [split.groups[0], { versions: [], share: 0 }, split.groups[2]],
    });
  });

  it('that receives nothing counts as before', () => {
    expect(splitWithout(split, '1.6')?.epoch).toBe(7);
    expect(splitWithout(split, '2.0')).toEqual(split);
  });

  it('that is one of the old ones counts as before', () => {
    expect(splitWithout(split, '1.3')).toMatchObject({
      epoch: 7,
      groups: [{ versions: ['1.4'], share: 0.9 }, split.groups[1], split.groups[2]],
    });
  });

  it('that is the only old one is none', () => {
    const [, ...others] = split.groups;
    const groups = [{ versions: ['1.4'], share: 0.9 }, ...others];
    expect(splitWithout({ epoch: 7, groups }, '1.4')).toBe(undefined);
  });
});
