import { fits, takenAt } from './rate.ts';
import type { Rate, Taken } from './rate.ts';

/** What was taken since the last time, by key: so many requests, and the time after which one more is allowed. */
export type SpentLimits = readonly (readonly [
  key: string,
  spent: readonly [requests: number, intervalMs: number],
])[];

export interface LocalLimitsOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Receives what was taken here, several times a second, for the other processes. Default: there are none. */
  readonly share?: ((spent: SpentLimits) => void) | undefined;
}

/** What is counted for a key. */
interface Count {
  /** The time until all of it is given back. */
  time: number;
  /** The rate by which it was counted. */
  intervalMs: number;
  /** Undefined until this process has taken from it. */
  burst: number | undefined;
}

/** 150 bytes each. Beyond it, the key that was used longest ago is forgotten: it may take its burst again. */
const MAX_KEYS = 100_000;
const SHARE_EVERY_MS = 50;

/**
 * Limits that are counted in this process, by GCRA: for each key, the time until all of it is given back (the "theoretical
 * arrival time"). It takes neither timers nor windows. If the rate of a key changes, the requests that it has taken stay.
 *
 * Several processes of one gateway report to each other what they have allowed. Each decides at once by what it knows, so that
 * together they allow a little more than the limit: at most a burst for each other process, within {@link SHARE_EVERY_MS}.
 */
export class LocalLimits {
  readonly #now: () => number;
  readonly #share: ((spent: SpentLimits) => void) | undefined;
  /** By key, in the order of their last use. */
  readonly #counts = new Map<string, Count>();
  #spent = new Map<string, readonly [requests: number, intervalMs: number]>();
  #timer: NodeJS.Timeout | undefined;

  constructor({ now, share }: LocalLimitsOptions) {
    this.#now = now;
    this.#share = share;
  }

  /** Takes one request from a limit, if it fits. */
  take(key: string, rate: Rate): Taken {
    const now = this.#now();
    const { intervalMs, burst } = rate;
    const count = this.#counts.get(key);
    const level = levelOf(count, rate, now);
    if (!fits(level, rate)) {
      // From now on it is given back at this rate, also if it was taken at another.
      if (count !== undefined && !isBy(count, rate)) {
        this.#set(key, { time: now + level, intervalMs, burst });
      }
      return takenAt(level, false, rate);
    }
    this.#set(key, { time: now + level + intervalMs, intervalMs, burst });
    if (this.#share !== undefined) this.#note(key, intervalMs);
    return takenAt(level + intervalMs, true, rate);
  }

  /** Returns what a request would find, and takes none. */
  look(key: string, rate: Rate): Taken {
    const level = levelOf(this.#counts.get(key), rate, this.#now());
    return takenAt(level, fits(level, rate), rate);
  }

  /** Counts what another process of this gateway has allowed. */
  charge(spent: SpentLimits): void {
    const now = this.#now();
    for (const [key, [requests, theirIntervalMs]] of spent) {
      const { time, intervalMs, burst } = this.#counts.get(key) ?? {
        time: now,
        intervalMs: theirIntervalMs,
        burst: undefined,
      };
      this.#set(key, { time: Math.max(time, now) + requests * intervalMs, intervalMs, burst });
    }
  }

  /** How many keys are kept. */
  get size(): number {
    return this.#counts.size;
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #set(key: string, count: Count): void {
    this.#counts.delete(key);
    this.#counts.set(key, count);
    if (this.#counts.size <= MAX_KEYS) return;
    const [oldest = ''] = this.#counts.keys();
    this.#counts.delete(oldest);
  }

  #note(key: string, intervalMs: number): void {
    const [requests] = this.#spent.get(key) ?? [0];
    this.#spent.set(key, [requests + 1, intervalMs]);
    this.#timer ??= setTimeout(() => {
      const spent = [...this.#spent];
      this.#spent = new Map();
      this.#timer = undefined;
      this.#share?.(spent);
    }, SHARE_EVERY_MS).unref();
  }
}

/**
 * Returns what has been taken and is not given back yet, as a time by this rate. What was taken by another rate counts as
 * many requests, but not for more than the burst: otherwise a client could wait for longer than either rate says.
 */
function levelOf(count: Count | undefined, rate: Rate, now: number): number {
  if (count === undefined) return 0;
  const { intervalMs, burst } = rate;
  const level = Math.max(0, count.time - now);
  if (isBy(count, rate)) return level;
  return Math.min((level / count.intervalMs) * intervalMs, burst * intervalMs);
}

/** Whether it was counted by a rate. */
function isBy(count: Count, { intervalMs, burst }: Rate): boolean {
  return count.intervalMs === intervalMs && (count.burst ?? burst) === burst;
}
