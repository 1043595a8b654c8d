/**
 * How many requests may be tried again: a share of those that came, so that a service that is down is not
 * sent a multiple of its load, and a few a second on top, so that rare requests are retried too.
 */
export class RetryBudget {
  readonly #share: number;
  readonly #perSecond: number;
  #tokens: number;
  #refilledAt: number;

  /**
   * @param share of requests that may be tried again
   * @param perSecond retries that are always possible
   */
  constructor({ share, perSecond }: { share: number; perSecond: number }, now: number) {
    this.#share = share;
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#refilledAt = now;
  }

  /** A request has come. */
  deposit(): void {
    this.#tokens = Math.min(this.#most, this.#tokens + this.#share);
  }

  /** Takes a retry out; false if there is none. */
  withdraw(now: number): boolean {
    const refill = ((now - this.#refilledAt) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#most, this.#tokens + refill);
    this.#refilledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Ten seconds of either source: a long calm does not save up for a storm. */
  get #most(): number {
    return 10 * Math.max(1, this.#perSecond);
  }
}
