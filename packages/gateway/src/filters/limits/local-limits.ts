import { fits, takenAt } from './rate.ts';
import type { Rate, Taken } from './rate.ts';

/** What was taken since the last time, by key, as a time. */
export type SpentLimits = readonly (readonly [key: string, ms: number])[];

export interface LocalLimitsOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Receives what was taken here, several times a second, for the other processes. Default: there are none. */
  readonly share?: ((spent: SpentLimits) => void) | undefined;
}

/** 100 bytes each. Beyond it, the key that was used longest ago is forgotten: it may take its burst again. */
const MAX_KEYS = 100_000;
const SHARE_EVERY_MS = 50;

/**
 * Limits that are counted in this process, by GCRA: for each key, the time until all of it is given back (the "theoretical
 * arrival time"). It takes one number for a key, and neither timers nor windows.
 *
 * Several processes of one gateway report to each other what they have allowed. Each decides at once by what it knows, so that
 * together they allow a little more than the limit: at most a burst for each other process, within {@link SHARE_EVERY_MS}.
 */
export class LocalLimits {
  readonly #now: () => number;
  readonly #share: ((spent: SpentLimits) => void) | undefined;
  /** By key, in the order of their last use. */
  readonly #times = new Map<string, number>();
  #spent = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor({ now, share }: LocalLimitsOptions) {
    this.#now = now;
    this.#share = share;
  }

  /** Takes one request from a limit, if it fits. */
  take(key: string, rate: Rate): Taken {
    const now = this.#now();
    const level = Math.max(0, (this.#times.get(key) ?? 0) - now);
    if (!fits(level, rate)) return takenAt(level, false, rate);
    this.#set(key, now + level + rate.intervalMs);
    if (this.#share !== undefined) this.#note(key, rate.intervalMs);
    return takenAt(level + rate.intervalMs, true, rate);
  }

  /** Counts what another process of this gateway has allowed. */
  charge(spent: SpentLimits): void {
    const now = this.#now();
    for (const [key, ms] of spent) this.#set(key, Math.max(this.#times.get(key) ?? 0, now) + ms);
  }

  /** How many keys are kept. */
  get size(): number {
    return this.#times.size;
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #set(key: string, time: number): void {
    this.#times.delete(key);
    this.#times.set(key, time);
    if (this.#times.size <= MAX_KEYS) return;
    const [oldest = ''] = this.#times.keys();
    this.#times.delete(oldest);
  }

  #note(key: string, ms: number): void {
    this.#spent.set(key, (this.#spent.get(key) ?? 0) + ms);
    this.#timer ??= setTimeout(() => {
      const spent = [...this.#spent];
      this.#spent = new Map();
      this.#timer = undefined;
      this.#share?.(spent);
    }, SHARE_EVERY_MS).unref();
  }
}
