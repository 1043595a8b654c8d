import { HashRing } from './hash-ring.ts';
import type { CreatePolicy } from './policy.ts';

/** Sends requests with the same key to the same instance for as long as it is there. */
export const hash: CreatePolicy = () => {
  let ring: HashRing | undefined;
  return {
    needsHashKey: true,
    choose(instances, isEligible, hashKey) {
      ring ??= new HashRing(instances);
      for (const instance of ring.of(hashKey)) if (isEligible(instance)) return instance;
      return undefined;
    },
    instancesChanged: () => (ring = undefined),
  };
};
