/** A process that ran for longer did not die of a fault at start. */
const LONG_LIFE_MS = 10_000;
const FIRST_MS = 100;
const MAX_MS = 10_000;

/** Delays the replacement of a process that keeps dying young; others are replaced at once. */
export class BackOff {
  #diedYoung = 0;

  /**
   * Returns the milliseconds to wait.
   * @param livedMs how long the process ran
   */
  delayAfter(livedMs: number): number {
    if (livedMs >= LONG_LIFE_MS) this.#diedYoung = 0;
    const wait = this.#diedYoung === 0 ? 0 : FIRST_MS * 2 ** (this.#diedYoung - 1);
    this.#diedYoung++;
    return Math.min(wait, MAX_MS);
  }
}
