/** Which requests may be sent again, of those that may be at all (RFC 9110 §9.2.2). */
export interface RetryRules {
  /** This share of requests, from 0 to 1. Default 0.2. */
  readonly share: number;
  /** And so many a second whatever comes. Default 10. */
  readonly perSecond: number;
}

/** As Linkerd has it. */
export const RETRIES: RetryRules = { share: 0.2, perSecond: 10 };

/**
 * How many requests may be tried again: a share of those that came, so that a service that is down is not
 * sent a multiple of its load, and a few a second on top, so that rare requests are retried too.
 */
export class RetryBudget {
  readonly #share: number;
  readonly #perSecond: number;
  #tokens: number;
  #refilledAt: number;

  constructor({ share, perSecond }: RetryRules, now: number) {
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
