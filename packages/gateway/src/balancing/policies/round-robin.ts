import { WeightedRoundRobin } from '@rollcall/client';
import type { CreatePolicy } from './policy.ts';

/**
 * Takes the instances in turn, in proportion to their weights. Each version has turns of its own: in turns that all share,
 * the one after the instances of other versions would receive nearly all requests of a version.
 */
export const roundRobin: CreatePolicy = () => {
  const turns = new WeightedRoundRobin();
  return {
    choose(instances, isEligible) {
      const first = instances.find(isEligible);
      if (first === undefined) return undefined;
      const { version = '' } = first.announcement;
      for (let left = instances.length; left > 0; left--) {
        const instance = turns.next(version, instances);
        if (instance !== undefined && isEligible(instance)) return instance;
      }
      // A heavy instance takes several turns, so a light one may not have had one yet.
      return first;
    },
  };
};
