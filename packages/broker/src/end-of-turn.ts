export interface Flushable {
  flush(): void;
}

/**
 * Puts writes off to the end of a turn of the event loop, when all that came in it has been read. What is
 * for one connection goes out in one system call then, and a peer that waits is woken once in place of
 * each time: waking it is most of what a small write costs.
 */
export class EndOfTurn {
  #waiting: Flushable[] = [];

  flushLater(flushable: Flushable): void {
    if (this.#waiting.push(flushable) === 1) setImmediate(() => this.flush());
  }

  /** All that waits, now. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const flushable of waiting) flushable.flush();
  }
}
