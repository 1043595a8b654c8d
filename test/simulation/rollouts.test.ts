import { expect, it } from 'vitest';
import { simulateRollout } from './rollouts/rollout-simulation.js';

const USUAL = {
  perSecond: 100,
  failures: 0.01,
  moreFailures: 0,
  slower: 1,
  medianMs: 20,
  tail: 0.8,
  drifts: true,
  bursts: 0.005,
};
const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);

it.each([
  ['that is as good is accepted', {}, 'accepted'],
  ['that fails 3 % more is held back', { moreFailures: 0.03 }, 'held'],
  ['of which one instance of four fails is accepted', { badHost: 0.5 }, 'accepted'],
  ['of which one fails 10 % more is accepted', { badHost: 0.1 }, 'accepted'],
  ['that is 30 % slower is held back', { slower: 1.3 }, 'held'],
])(
  'a version %s, while traffic drifts and has bad seconds (seeds 1 to 10)',
  (_name, version, verdict) => {
    for (const seed of SEEDS)
      expect(simulateRollout({ ...USUAL, ...version }, seed).verdict, `seed ${seed}`).toBe(verdict);
  },
);
