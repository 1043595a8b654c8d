import { WeightedRoundRobin } from '@rollcall/client';
import type { CreatePolicy } from './policy.ts';

/** Takes the instances in turn, in proportion to their weight. */
export const roundRobin: CreatePolicy = () => {
  const turns = new WeightedRoundRobin();
  return {
    choose(instances, isEligible) {
      for (let left = instances.length; left > 0; left--) {
        const instance = turns.next('', instances);
        if (instance !== undefined && isEligible(instance)) return instance;
      }
      // A heavy instance takes several turns, so a light one may not have had one yet.
      return instances.find(isEligible);
    },
  };
};
