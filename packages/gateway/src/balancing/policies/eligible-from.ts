import type { Instance } from '@rollcall/client';
import type { IsEligible } from './policy.ts';

/** Returns the first eligible instance from a position on, around to where it began. */
export function eligibleFrom(
  instances: readonly Instance[],
  start: number,
  isEligible: IsEligible,
): Instance | undefined {
  for (let step = 0; step < instances.length; step++) {
    const instance = instances[(start + step) % instances.length];
    if (instance !== undefined && isEligible(instance)) return instance;
  }
  return undefined;
}
