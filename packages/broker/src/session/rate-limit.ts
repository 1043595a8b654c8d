const WINDOW_MS = 1_000;

/** Allows up to `limit` events in each second, counted from the first event. */
export class RateLimit {
  readonly #limit: number;
  #windowStart = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @param now - milliseconds of a clock that never goes back. */
  allows(now: number): boolean {
    if (now - this.#windowStart >= WINDOW_MS) {
      this.#windowStart = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= this.#limit;
  }
}
