import type { Instance } from '@rollcall/protocol';

interface Turn {
  index: number;
  /** How often the list has been gone through. */
  pass: number;
  /** The greatest weight of the last pass, and of this one so far. */
  heaviest: number;
  heaviestNow: number;
}

/**
 * Takes turns, per key, in proportion to weight: whoever has the greatest is served in each pass of the
 * list, whoever has half of that in every second one. The shares of one pass are spread over it, and a
 * turn survives any change of the list, since nothing but an index into it is kept.
 */
export class WeightedRoundRobin {
  readonly #turns = new Map<string, Turn>();

  /** The next instance of a list, or `undefined` if the list is empty. */
  next(key: string, list: readonly Instance[]): Instance | undefined {
    const turn = this.#turn(key);
    // A weight that is no more in the list is noticed after one pass: the second serves somebody.
    for (let steps = 2 * list.length; steps >= 0; steps--) {
      if (turn.index >= list.length) {
        turn.index = 0;
        turn.pass++;
        turn.heaviest = turn.heaviestNow;
        turn.heaviestNow = 1;
      }
      const instance = list[turn.index++];
      const weight = instance?.announcement.weight ?? 1;
      turn.heaviestNow = Math.max(turn.heaviestNow, weight);
      if (instance !== undefined && isServed(weight, turn)) return instance;
    }
    return undefined;
  }

  #turn(key: string): Turn {
    let turn = this.#turns.get(key);
    if (turn === undefined) {
      turn = { index: 0, pass: 0, heaviest: 1, heaviestNow: 1 };
      this.#turns.set(key, turn);
    }
    return turn;
  }
}

/** Whether the share of this weight reaches another whole turn in this pass. */
function isServed(weight: number, { pass, heaviest }: Turn): boolean {
  if (weight >= heaviest) return true;
  return Math.floor(((pass + 1) * weight) / heaviest) > Math.floor((pass * weight) / heaviest);
}
