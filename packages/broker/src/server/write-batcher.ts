export interface Flushable {
  flush(): void;
}

/**
 * Puts writes off to the end of a turn of the event loop, when all that came in it has been read. What is
 * for one connection goes out in one system call then, and a peer that waits is woken once in place of
 * each time: waking it is most of what a small write costs.
 */
export class WriteBatcher {
  readonly #most: number;
  #waiting: Flushable[] = [];

  /** @param most - how many may wait; with as many it is not put off any longer. Default: any number. */
  constructor(most: number = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  flushLater(flushable: Flushable): void {
    const count = this.#waiting.push(flushable);
    if (count === this.#most) this.flush();
    else if (count === 1) setImmediate(() => this.flush());
  }

  /** All that waits, now. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const flushable of waiting) flushable.flush();
  }
}
