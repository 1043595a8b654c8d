import { describe, expect, it } from 'vitest';
import { Simulation } from './simulation.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 100);
/** A machine with other work takes longer, and says nothing of the rules by that. */
const OPTIONS = { timeout: 1_800_000 };

describe('a cluster in virtual time', () => {
  it(`keeps every invariant for ${SEEDS} seeds`, OPTIONS, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      expect(new Simulation(seed).run(), `seed ${seed}`).toEqual([]);
    }
  });
});
