import { RULES } from '../table/rules.ts';
import type { DiscoveryEvent } from '../wire/events.ts';

export type RollCall = Extract<DiscoveryEvent, { type: 'rollcall' }>;

/** Further observers ask again at their next roll call. */
const MAX_WAITING = 16;

/**
 * The roll calls that wait for an answer. The first is answered at once. One answer serves all that come until
 * the next is due, so that a flood of roll calls costs no more than a few.
 */
export class RollCalls {
  #waiting: RollCall[] = [];
  #dueAt = -Infinity;

  /** A roll call has come. */
  add(rollCall: RollCall): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(rollCall);
  }

  /** Removes and returns the roll calls to answer now: none until an answer is due. */
  take(now: number): readonly RollCall[] {
    if (now < this.#dueAt) return [];
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  /** Observers that called cannot be answered any more. */
  clear(): void {
    this.#waiting = [];
  }

  /** They were answered with so many statements. */
  answered(statements: number, now: number): void {
    this.#dueAt = now + Math.max(RULES.answerEveryMs, statements * RULES.msPerStatement);
  }
}
