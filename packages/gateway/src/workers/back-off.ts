/** One that lived for so long did not die of how it began. */
const LONG_LIFE_MS = 10_000;
const FIRST_MS = 100;
const MOST_MS = 10_000;

/** How long to wait until a process that died is replaced: not at all, unless it keeps dying young. */
export class BackOff {
  #diedYoung = 0;

  /** @param livedMs how long the one that died has lived */
  after(livedMs: number): number {
    if (livedMs >= LONG_LIFE_MS) this.#diedYoung = 0;
    const wait = this.#diedYoung === 0 ? 0 : FIRST_MS * 2 ** (this.#diedYoung - 1);
    this.#diedYoung++;
    return Math.min(wait, MOST_MS);
  }
}
