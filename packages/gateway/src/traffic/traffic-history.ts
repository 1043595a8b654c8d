import type { TrafficView as View } from '../admin/traffic-view.ts';
import { errorCount, newCounts, quantile, requestCount } from './counts.ts';
import type { Counts } from './counts.ts';
import type { TrafficCounter } from './traffic-counter.ts';

export const WINDOW_MS = 5000;
/** Five minutes. */
const WINDOWS = 60;
/** Numbers for each window: requests, errors, p50, p99. */
const NUMBERS = 4;

/** Keeps the traffic to each instance in windows of five seconds. */
export class TrafficHistory {
  readonly #traffic: TrafficCounter;
  readonly #rings = new Map<string, Ring>();
  #endedAt = 0;

  constructor(traffic: TrafficCounter) {
    this.#traffic = traffic;
  }

  /**
   * Ends the current window of every instance.
   * @param now milliseconds since 1970
   */
  endWindow(now: number): void {
    this.#endedAt = now;
    const before = new Map(this.#rings);
    this.#rings.clear();
    // An instance that is gone is not in the traffic any more, so its ring is dropped.
    for (const [key, counts] of this.#traffic.instances()) {
      const ring = before.get(key) ?? new Ring();
      ring.add(counts);
      this.#rings.set(key, ring);
    }
  }

  /** Returns the history of an instance; undefined before the end of its first window. */
  readonly of = (key: string): View | undefined => this.#rings.get(key)?.view(this.#endedAt);
}

/** The latest windows of one instance. */
class Ring {
  /** The totals at the end of the latest window. */
  readonly #last: Counts = newCounts();
  /** The numbers of each window, overwritten in turn: as objects they would take ten times the memory. */
  readonly #windows = new Float32Array(WINDOWS * NUMBERS);
  #count = 0;

  add(counts: Counts): void {
    const window = counts.map((value, at) => value - (this.#last[at] ?? 0));
    this.#last.set(counts);
    const millis = (share: number): number => (quantile(window, share) ?? Number.NaN) * 1000;
    const row = [requestCount(window), errorCount(window), millis(0.5), millis(0.99)];
    this.#windows.set(row, (this.#count++ % WINDOWS) * NUMBERS);
  }

  view(endedAt: number): View {
    const kept = Math.min(this.#count, WINDOWS);
    const history = Array.from({ length: kept }, (_, index) => {
      const turn = this.#count - kept + index;
      const start = (turn % WINDOWS) * NUMBERS;
      const [requests = 0, errors = 0, p50 = 0, p99 = 0] = this.#windows.subarray(
        start,
        start + NUMBERS,
      );
      const at = endedAt - (this.#count - turn) * WINDOW_MS;
      const times = Number.isNaN(p50) ? {} : { p50, p99 };
      return { at, seconds: WINDOW_MS / 1000, requests, errors, ...times };
    });
    return { requests: requestCount(this.#last), errors: errorCount(this.#last), history };
  }
}
