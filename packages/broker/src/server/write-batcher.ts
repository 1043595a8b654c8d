export interface Flushable {
  flush(): void;
}

/**
 * Delays writes to the end of a turn of the event loop. All bytes for one connection then leave in one system call,
 * and a waiting peer is woken once: waking it is most of the cost of a small write.
 */
export class WriteBatcher {
  readonly #maxWaiting: number;
  #waiting: Flushable[] = [];

  /** @param maxWaiting - when as many are waiting they are flushed at once. Default: unlimited. */
  constructor(maxWaiting: number = Number.POSITIVE_INFINITY) {
    this.#maxWaiting = maxWaiting;
  }

  flushLater(flushable: Flushable): void {
    const count = this.#waiting.push(flushable);
    if (count === this.#maxWaiting) this.flush();
    else if (count === 1) setImmediate(() => this.flush());
  }

  /** Flushes all that are waiting, now. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const flushable of waiting) flushable.flush();
  }
}
