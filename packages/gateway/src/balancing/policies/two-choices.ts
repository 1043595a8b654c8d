import type { Instance } from '@rollcall/client';
import { eligibleFrom } from './eligible-from.ts';
import type { Policy } from './policy.ts';

/**
 * Takes the cheaper of two instances chosen at random. That does nearly as well as comparing all of them
 * (Mitzenmacher, 2001), and its cost does not grow with their number.
 */
export function twoChoices(random: () => number, cost: (instance: Instance) => number): Policy {
  return {
    choose(instances, isEligible) {
      const start = (): number => Math.floor(random() * instances.length);
      const one = eligibleFrom(instances, start(), isEligible);
      if (one === undefined) return undefined;
      const other = eligibleFrom(instances, start(), (each) => each !== one && isEligible(each));
      return other === undefined || cost(one) <= cost(other) ? one : other;
    },
  };
}
