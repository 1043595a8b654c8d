/** Timers that are cleared together. */
export class Timers {
  readonly #timers = new Set<NodeJS.Timeout>();
  #isOver = false;

  /** Whether they were cleared. None is started from then on. */
  get isOver(): boolean {
    return this.#isOver;
  }

  start(milliseconds: number, act: () => void): void {
    if (this.#isOver) return;
    // The time may have come meanwhile, and Node warns of a negative one.
    const left = Math.max(0, milliseconds);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, left);
    this.#timers.add(timer);
  }

  clear(): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
