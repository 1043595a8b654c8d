import { describe, expect, it } from 'vitest';
import { Simulation } from './simulation.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 300);

describe('a cluster in virtual time', () => {
  it(`keeps every invariant for ${SEEDS} seeds`, { timeout: 300_000 }, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      expect(new Simulation(seed).run(), `seed ${seed}`).toEqual([]);
    }
  });
});
