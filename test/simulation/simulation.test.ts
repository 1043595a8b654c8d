import { describe, expect, it } from 'vitest';
import { Simulation } from './simulation.js';

const SEEDS = 500;

describe('a deployment in virtual time', () => {
  it(`keeps every invariant for ${SEEDS} seeds`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violations, convergedAfter } = new Simulation(seed).run();
      expect(violations, `npm run simulate -- --seed ${seed}`).toEqual([]);
      expect(convergedAfter, `npm run simulate -- --seed ${seed}`).toBeLessThan(30_000);
    }
  });

  it('is deterministic for a seed', () => {
    const [one, two] = [new Simulation(7).run(), new Simulation(7).run()];
    expect([one.messages, one.convergedAfter]).toEqual([two.messages, two.convergedAfter]);
  });
});
