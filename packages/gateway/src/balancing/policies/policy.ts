import type { Instance } from '@rollcall/client';
import type { InstanceStats } from '../instance-stats.ts';

/** Whether an instance may receive the request at hand. */
export type IsEligible = (instance: Instance) => boolean;

/** Chooses among the instances of one prefix. The balancer decides which of them are eligible. */
export interface Policy {
  /** Whether `choose` depends on the hash key. Default false: the key is not computed. */
  readonly needsHashKey?: boolean;
  /** Returns an eligible instance, or undefined if there is none. */
  choose(
    instances: readonly Instance[],
    isEligible: IsEligible,
    hashKey: string,
  ): Instance | undefined;
  /** Drops what was computed from the previous instances. */
  instancesChanged?(): void;
}

/** What a policy may use to choose. */
interface PolicyContext {
  readonly statsOf: (instance: Instance) => InstanceStats;
  /** Returns a number from 0 to 1, as Math.random does. */
  readonly random: () => number;
}

export type CreatePolicy = (context: PolicyContext) => Policy;
