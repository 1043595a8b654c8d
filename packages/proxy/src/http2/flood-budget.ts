/** Within this time a budget that is used up is whole again. */
const REFILL_MS = 30_000;

/** What a peer may do so often at once, and as often again within 30 seconds. */
export class FloodBudget {
  #used = 0;
  #at = 0;

  /**
   * Takes one.
   * @param max how often it may be done; read anew each time
   * @returns false if the peer has done it too often
   */
  take(max: number, now: number): boolean {
    const elapsed = now - this.#at;
    this.#at = now;
    if (elapsed > 0) this.give((elapsed * max) / REFILL_MS);
    this.#used++;
    return this.#used <= max;
  }

  /** Gives some back, because what the peer does is explained by other traffic. */
  give(count: number): void {
    this.#used = Math.max(0, this.#used - count);
  }
}
