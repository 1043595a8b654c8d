import type { Resolved } from '@rollcall/runtime/settings';
import type { RETRY_SETTINGS } from '../settings/balancing.ts';

/** How many requests may be retried, if they are safe to retry at all (RFC 9110 §9.2.2). */
export type RetryRules = Resolved<typeof RETRY_SETTINGS>;

/**
 * Limits retries to a share of the requests, so that a failing service does not receive a multiple of its load,
 * plus a few a second, so that rare requests are retried too.
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

  /** Earns the retries of one request. */
  deposit(): void {
    this.#tokens = Math.min(this.#max, this.#tokens + this.#share);
  }

  /** Takes one retry. Returns false if none is left. */
  withdraw(now: number): boolean {
    const refill = ((now - this.#refilledAt) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#max, this.#tokens + refill);
    this.#refilledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Ten seconds of either source, so that a quiet hour does not save up retries for an outage. */
  get #max(): number {
    return 10 * Math.max(1, this.#perSecond);
  }
}
