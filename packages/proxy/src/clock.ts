const TICK_MS = 250;

/** A clock that is cached: reading it costs nothing. */
export interface Clock {
  /** Milliseconds that never go back. */
  readonly now: number;
  /** Returns when so much time will have passed for certain. */
  after(ms: number): number;
}

/**
 * A clock with one timer for all deadlines. A timer of its own for each request would be set and cleared for each, though
 * next to none ever fires.
 */
export class TickingClock implements Clock {
  now: number = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor(onTick: (now: number) => void) {
    this.#timer = setInterval(() => {
      this.now = performance.now();
      onTick(this.now);
    }, TICK_MS);
    this.#timer.unref();
  }

  after(ms: number): number {
    return this.now + TICK_MS + ms;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
