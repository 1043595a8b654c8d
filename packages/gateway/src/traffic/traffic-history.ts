import { setImmediate } from 'node:timers/promises';
import type { TrafficView as View } from '../admin/traffic-view.ts';
import { errorCount, newCounts, quantile, requestCount } from './counts.ts';
import type { Counts } from './counts.ts';
import type { TrafficCounter } from './traffic-counter.ts';

export const WINDOW_MS = 5000;
/** Five minutes. */
const WINDOWS = 60;
/** Numbers for each window: requests, errors, p50, p99. */
const NUMBERS = 4;
const NO_REQUESTS: readonly number[] = [0, 0, Number.NaN, Number.NaN];
/** So many instances take a millisecond. All of 100,000 at once held up requests for a quarter of a second. */
const AT_A_TIME = 400;

/** Keeps the traffic to each instance in windows of five seconds. */
export class TrafficHistory {
  readonly #traffic: TrafficCounter;
  readonly #rings = new Map<string, Ring>();
  #windows = 0;

  constructor(traffic: TrafficCounter) {
    this.#traffic = traffic;
  }

  /**
   * Ends the current window of every instance, some at a time, so that requests get their turn meanwhile.
   * @param now milliseconds since 1970
   */
  async endWindow(now: number): Promise<void> {
    const number = ++this.#windows;
    let done = 0;
    for (const [key, counts] of this.#traffic.instances()) {
      let ring = this.#rings.get(key);
      if (ring === undefined) this.#rings.set(key, (ring = new Ring()));
      // One that left and came back meanwhile comes again.
      if (ring.latest < number) ring.add(counts, number, now);
      if (++done % AT_A_TIME === 0) await setImmediate();
    }
    // An instance that is gone is not in the traffic any more.
    for (const [key, { latest }] of this.#rings) if (latest < number) this.#rings.delete(key);
  }

  /** Returns the history of an instance; undefined before the end of its first window. */
  readonly of = (key: string): View | undefined => this.#rings.get(key)?.view();
}

/** The latest windows of one instance. */
class Ring {
  /** Of one that left and came back, others. */
  #counts: Counts | undefined;
  /** The totals at the end of the latest window. */
  readonly #last: Counts = newCounts();
  /** The numbers of each window, overwritten in turn: as objects they would take ten times the memory. */
  readonly #windows = new Float32Array(WINDOWS * NUMBERS);
  #count = 0;
  /** The number of the latest window, and when it ended. */
  latest = 0;
  #endedAt = 0;

  add(counts: Counts, number: number, endedAt: number): void {
    this.latest = number;
    this.#endedAt = endedAt;
    this.#windows.set(this.#row(counts), (this.#count++ % WINDOWS) * NUMBERS);
  }

  #row(counts: Counts): readonly number[] {
    const last = this.#last;
    if (counts !== this.#counts) last.fill(0);
    this.#counts = counts;
    // Of a large table, most instances receive nothing in five seconds.
    if (requestCount(counts) === requestCount(last) && errorCount(counts) === errorCount(last))
      return NO_REQUESTS;
    const window = counts.map((value, at) => value - (last[at] ?? 0));
    last.set(counts);
    const millis = (share: number): number => (quantile(window, share) ?? Number.NaN) * 1000;
    return [requestCount(window), errorCount(window), millis(0.5), millis(0.99)];
  }

  view(): View {
    const kept = Math.min(this.#count, WINDOWS);
    const history = Array.from({ length: kept }, (_, index) => {
      const turn = this.#count - kept + index;
      const start = (turn % WINDOWS) * NUMBERS;
      const [requests = 0, errors = 0, p50 = 0, p99 = 0] = this.#windows.subarray(
        start,
        start + NUMBERS,
      );
      const at = this.#endedAt - (this.#count - turn) * WINDOW_MS;
      const times = Number.isNaN(p50) ? {} : { p50, p99 };
      return { at, seconds: WINDOW_MS / 1000, requests, errors, ...times };
    });
    return { requests: requestCount(this.#last), errors: errorCount(this.#last), history };
  }
}
