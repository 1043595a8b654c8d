import { describe, expect, it } from 'vitest';
import { WeightedRoundRobin } from '@rollcall/client';
import type { Instance } from '@rollcall/client';

/** Instances by name, each with its weight. */
function list(weights: Record<string, number | undefined>): Instance[] {
  return Object.entries(weights).map(([key, weight]) => ({
    key,
    announcement: {
      prefix: '/v1',
      address: '10.0.0.1',
      port: 1,
      ...(weight !== undefined && { weight }),
    },
    status: 'healthy',
    since: 0,
  }));
}

function take(turns: WeightedRoundRobin, instances: readonly Instance[], count: number): string {
  return Array.from({ length: count }, () => turns.next(instances)?.key ?? '-').join('');
}

/** How often each is picked. */
function shares(picks: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of picks) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

/** Beyond the first pass, which is to find out who is there. */
function settled(instances: readonly Instance[]): WeightedRoundRobin {
  const turns = new WeightedRoundRobin();
  take(turns, instances, instances.length);
  return turns;
}

describe('weighted round-robin', () => {
  it('selects none of no instances', () => {
    expect(new WeightedRoundRobin().next([])).toBeUndefined();
  });

  it.each([[undefined], [1], [7], [100]])('is equal for equal weights, such as %s', (weight) => {
    expect(take(new WeightedRoundRobin(), list({ a: weight, b: weight, c: weight }), 9)).toBe(
      'abcabcabc',
    );
  });

  it.each([
    [{ a: 1, b: 2, c: 3 }],
    [{ a: 3, b: 2, c: 1 }],
    [{ a: 2, b: 3, c: 1 }],
    [{ a: 1, b: 1, c: 100 }],
    [{ a: 7, b: 5 }],
    [{ a: undefined, b: 2 }],
  ])('is in exact proportion: %j', (weights) => {
    const instances = list(weights);
    const total = Object.values(weights).reduce<number>((sum, weight) => sum + (weight ?? 1), 0);
    const expected = Object.fromEntries(
      Object.entries(weights).map(([key, weight]) => [key, 10 * (weight ?? 1)]),
    );
    expect(shares(take(settled(instances), instances, 10 * total))).toEqual(expected);
  });

  it('spreads the turns of an instance', () => {
    const instances = list({ a: 1, b: 2, c: 3 });
    for (let round = 0, turns = settled(instances); round < 5; round++) {
      expect(take(turns, instances, 6)).not.toMatch(/ccc|bb/);
    }
  });

  it('keeps the proportion of the others when the heaviest leaves', () => {
    for (let before = 0; before < 110; before++) {
      const turns = new WeightedRoundRobin();
      take(turns, list({ a: 1, h: 100, b: 2 }), before);
      const rest = list({ a: 1, b: 2 });
      expect(take(turns, rest, 1)).toMatch(/[ab]/);
      take(turns, rest, 4);
      expect(shares(take(turns, rest, 30))).toEqual({ a: 10, b: 20 });
    }
  });

  it('selects the only instance left at once', () => {
    for (let before = 0; before < 210; before++) {
      const turns = new WeightedRoundRobin();
      take(turns, list({ a: 1, h: 100 }), before);
      expect(take(turns, list({ a: 1 }), 3)).toBe('aaa');
    }
  });

  it('reaches a new instance within one pass', () => {
    const turns = settled(list({ a: 1, b: 1 }));
    expect(take(turns, list({ a: 1, b: 1, n: 1 }), 3)).toContain('n');
  });
});
