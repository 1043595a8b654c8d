import type { Instance } from '@rollcall/protocol';

/**
 * Chooses the instances of a list in turn, in proportion to their weights: the one with the greatest weight in each pass
 * over the list, one with half of that in every second pass. The choices of a pass are spread over it. A change of the list
 * does not disturb the order, because only an index into the list is kept.
 */
export class WeightedRoundRobin {
  #index = 0;
  /** How often the list was traversed. */
  #pass = 0;
  /** The greatest weight in the last pass, and in this one so far. */
  #heaviest = 1;
  #heaviestNow = 1;

  /** The next instance of a list, or undefined if the list is empty. */
  next(list: readonly Instance[]): Instance | undefined {
    // A greatest weight that is no longer in the list is noticed after one pass, so the second one finds an instance.
    for (let steps = 2 * list.length; steps >= 0; steps--) {
      if (this.#index >= list.length) {
        this.#index = 0;
        this.#pass++;
        this.#heaviest = this.#heaviestNow;
        this.#heaviestNow = 1;
      }
      const instance = list[this.#index++];
      const weight = instance?.announcement.weight ?? 1;
      this.#heaviestNow = Math.max(this.#heaviestNow, weight);
      if (instance !== undefined && this.#isDue(weight)) return instance;
    }
    return undefined;
  }

  /** Whether an instance of this weight is chosen in this pass. */
  #isDue(weight: number): boolean {
    const [pass, heaviest] = [this.#pass, this.#heaviest];
    if (weight >= heaviest) return true;
    return Math.floor(((pass + 1) * weight) / heaviest) > Math.floor((pass * weight) / heaviest);
  }
}
