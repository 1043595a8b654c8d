import { describe, expect, it } from 'vitest';
import { Simulation } from './simulation.js';

const SEEDS = Number(process.env['SEEDS'] ?? 100);
const SEVERAL_SEEDS = Math.min(SEEDS, 40);
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

  it(`keeps every invariant on several brokers for ${SEVERAL_SEEDS} seeds`, OPTIONS, () => {
    for (let seed = 1; seed <= SEVERAL_SEEDS; seed++) {
      const brokers = 2 + (seed % 2);
      const { violations, convergedAfter } = new Simulation(seed, brokers).run();
      const again = `npm run simulate -- --brokers ${brokers} --seed ${seed}`;
      expect(violations, again).toEqual([]);
      expect(convergedAfter, again).toBeLessThan(30_000);
    }
  });

  it('tells people nothing of brokers that come and go while one of several stays', OPTIONS, () => {
    for (let seed = 1; seed <= SEVERAL_SEEDS; seed++) {
      const brokers = 2 + (seed % 2);
      const { violations } = new Simulation(seed, brokers).runBrokerFaults();
      const again = `npm run simulate -- --brokers ${brokers} --broker-faults --seed ${seed}`;
      expect(violations, again).toEqual([]);
    }
  });

  it('is deterministic for a seed', () => {
    const [one, two] = [new Simulation(7).run(), new Simulation(7).run()];
    expect([one.messages, one.convergedAfter]).toEqual([two.messages, two.convergedAfter]);
  });
});
