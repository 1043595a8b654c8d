import type { Instance } from '@rollcall/client';
import type { IsEligible, Policy } from './policy.ts';

/**
 * Takes the cheaper of two instances chosen at random. That does nearly as well as comparing all of them
 * (Mitzenmacher, 2001), and its cost does not grow with their number.
 */
export function twoChoices(random: () => number, cost: (instance: Instance) => number): Policy {
  return {
    choose(instances, isEligible) {
      const one = randomFrom(instances, random, isEligible);
      if (one === undefined) return undefined;
      const other = randomFrom(instances, random, (each) => each !== one && isEligible(each));
      return other === undefined || cost(one) <= cost(other) ? one : other;
    },
  };
}

/** Returns the first eligible instance from a random position on. */
function randomFrom(
  instances: readonly Instance[],
  random: () => number,
  isEligible: IsEligible,
): Instance | undefined {
  const start = Math.floor(random() * instances.length);
  for (let step = 0; step < instances.length; step++) {
    const instance = instances[(start + step) % instances.length];
    if (instance !== undefined && isEligible(instance)) return instance;
  }
  return undefined;
}
