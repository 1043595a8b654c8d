import { describe, expect, it } from 'vitest';
import { Simulation } from './simulation.js';

const SEEDS = 500;
/** A machine with other work takes longer, and says nothing of the rules by that. */
const OPTIONS = { timeout: 300_000 };

describe('a deployment in virtual time', () => {
  it(`keeps every invariant for ${SEEDS} seeds`, OPTIONS, () => {
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
