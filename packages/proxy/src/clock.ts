const TICK_MS = 250;

/**
 * A clock that is read for nothing, and one timer for all deadlines. A timer of its own for each request
 * would be set and cleared for each, though next to none ever fires.
 */
export class Clock {
  now: number = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor(onTick: (now: number) => void) {
    this.#timer = setInterval(() => {
      this.now = performance.now();
      onTick(this.now);
    }, TICK_MS);
    this.#timer.unref();
  }

  /** When so much time will have passed for certain. */
  after(ms: number): number {
    return this.now + TICK_MS + ms;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
