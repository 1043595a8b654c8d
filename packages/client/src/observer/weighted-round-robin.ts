import type { Instance } from '@rollcall/protocol';

/** The position in the list of one key. */
interface Position {
  index: number;
  /** How often the list was traversed. */
  pass: number;
  /** The greatest weight in the last pass, and in this one so far. */
  heaviest: number;
  heaviestNow: number;
}

/**
 * Chooses instances in turn, in proportion to their weights: the one with the greatest weight in each pass over the
 * list, one with half of that in every second pass. The choices of a pass are spread over it. A change of the list
 * does not disturb the order, because only an index into the list is kept.
 */
export class WeightedRoundRobin {
  readonly #positions = new Map<string, Position>();

  /**
   * The next instance of a list, or undefined if the list is empty.
   * @param key names the list, such as a prefix: each key has a position of its own
   */
  next(key: string, list: readonly Instance[]): Instance | undefined {
    const position = this.#position(key);
    // A greatest weight that is no longer in the list is noticed after one pass, so the second one finds an instance.
    for (let steps = 2 * list.length; steps >= 0; steps--) {
      if (position.index >= list.length) {
        position.index = 0;
        position.pass++;
        position.heaviest = position.heaviestNow;
        position.heaviestNow = 1;
      }
      const instance = list[position.index++];
      const weight = instance?.announcement.weight ?? 1;
      position.heaviestNow = Math.max(position.heaviestNow, weight);
      if (instance !== undefined && isChosen(weight, position)) return instance;
    }
    return undefined;
  }

  #position(key: string): Position {
    let position = this.#positions.get(key);
    if (position === undefined) {
      position = { index: 0, pass: 0, heaviest: 1, heaviestNow: 1 };
      this.#positions.set(key, position);
    }
    return position;
  }
}

/** Whether an instance of this weight is due in this pass. */
function isChosen(weight: number, { pass, heaviest }: Position): boolean {
  if (weight >= heaviest) return true;
  return Math.floor(((pass + 1) * weight) / heaviest) > Math.floor((pass * weight) / heaviest);
}
