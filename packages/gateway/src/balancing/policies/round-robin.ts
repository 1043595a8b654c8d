import { WeightedRoundRobin } from '@rollcall/client';
import type { Instance } from '@rollcall/client';
import type { CreatePolicy, IsEligible, Policy } from './policy.ts';

/**
 * Takes the instances in turn, in proportion to their weights. Each version has turns of its own: in turns that all share,
 * the one after the instances of other versions would receive nearly all requests of a version.
 */
class RoundRobin implements Policy {
  readonly #turns = new Map<string, WeightedRoundRobin>();
  /** Where the search for an eligible instance ended last. */
  #foundAt = 0;

  choose(instances: readonly Instance[], isEligible: IsEligible): Instance | undefined {
    // No turn passes unless one is eligible. Its version is the one of which instances are wanted.
    const first = this.#find(instances, isEligible);
    if (first === undefined) return undefined;
    const turns = this.#turns.get(versionOf(first)) ?? this.#newTurns(first, instances);
    for (let left = instances.length; left > 0; left--) {
      const instance = turns.next(instances);
      if (instance !== undefined && isEligible(instance)) return instance;
    }
    // A heavy instance takes several turns, so a light one may not have had one yet.
    return first;
  }

  /**
   * Returns the first eligible instance, or the one that was the first before: it is mostly the first of all, and behind
   * thousands of another zone it is not searched for at each request.
   */
  #find(instances: readonly Instance[], isEligible: IsEligible): Instance | undefined {
    const [first] = instances;
    if (first !== undefined && isEligible(first)) return first;
    const before = instances[this.#foundAt];
    if (before !== undefined && isEligible(before)) return before;
    this.#foundAt = instances.findIndex((each) => isEligible(each));
    return instances[this.#foundAt];
  }

  /** Begins the turns of a version that is new, and forgets those of versions that are gone. */
  #newTurns(first: Instance, instances: readonly Instance[]): WeightedRoundRobin {
    if (this.#turns.size > 0) {
      const versions = new Set(instances.map(versionOf));
      for (const version of this.#turns.keys())
        if (!versions.has(version)) this.#turns.delete(version);
    }
    const turns = new WeightedRoundRobin();
    this.#turns.set(versionOf(first), turns);
    return turns;
  }
}

export const roundRobin: CreatePolicy = () => new RoundRobin();

function versionOf({ announcement: { version = '' } }: Instance): string {
  return version;
}
