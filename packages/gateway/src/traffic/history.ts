import type { TrafficView as View } from '../admin/traffic.ts';
import { errorsOf, newCounts, quantile, requestsOf } from './counts.ts';
import type { Counts } from './counts.ts';
import type { TrafficCounter } from './traffic.ts';

export const WINDOW_MS = 5000;
/** Five minutes. */
const WINDOWS = 60;
/** Requests, errors, p50, p99. */
const NUMBERS = 4;

/** The traffic to each instance in windows of five seconds. */
export class TrafficHistory {
  readonly #traffic: TrafficCounter;
  readonly #pasts = new Map<string, Ring>();
  #endedAt = 0;

  constructor(traffic: TrafficCounter) {
    this.#traffic = traffic;
  }

  /**
   * A window is over.
   * @param now milliseconds since 1970
   */
  turn(now: number): void {
    this.#endedAt = now;
    const before = new Map(this.#pasts);
    this.#pasts.clear();
    // Those that have gone are not taken over.
    for (const [key, counts] of this.#traffic.instances()) {
      const past = before.get(key) ?? new Ring();
      past.turn(counts);
      this.#pasts.set(key, past);
    }
  }

  /** Of one instance; nothing before its first window is over. */
  readonly of = (key: string): View | undefined => this.#pasts.get(key)?.view(this.#endedAt);
}

class Ring {
  /** All that was counted when the latest window ended. */
  readonly #last: Counts = newCounts();
  /** Windows one after the other, round and round: as objects they would take ten times the room. */
  readonly #ring = new Float32Array(WINDOWS * NUMBERS);
  #turns = 0;

  turn(counts: Counts): void {
    const window = counts.map((value, at) => value - (this.#last[at] ?? 0));
    this.#last.set(counts);
    const millis = (share: number): number => (quantile(window, share) ?? Number.NaN) * 1000;
    const row = [requestsOf(window), errorsOf(window), millis(0.5), millis(0.99)];
    this.#ring.set(row, (this.#turns++ % WINDOWS) * NUMBERS);
  }

  view(endedAt: number): View {
    const kept = Math.min(this.#turns, WINDOWS);
    const history = Array.from({ length: kept }, (_, index) => {
      const turn = this.#turns - kept + index;
      const start = (turn % WINDOWS) * NUMBERS;
      const [requests = 0, errors = 0, p50 = 0, p99 = 0] = this.#ring.subarray(
        start,
        start + NUMBERS,
      );
      const at = endedAt - (this.#turns - turn) * WINDOW_MS;
      const times = Number.isNaN(p50) ? {} : { p50, p99 };
      return { at, seconds: WINDOW_MS / 1000, requests, errors, ...times };
    });
    return { requests: requestsOf(this.#last), errors: errorsOf(this.#last), history };
  }
}
