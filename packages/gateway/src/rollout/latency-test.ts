import { countOf, superiority } from './latencies.ts';
import type { Latencies } from './latencies.ts';
import { logMeanExp } from './log-mean-exp.ts';

/** Two buckets of 5 %: a new version may be 10 % slower. */
const TOLERATED_BUCKETS = 2;

/** How far the windows may be from even: the alternatives that are weighed against "no slower". */
const TILTS: readonly number[] = [1, 2, 4, 8, 16];

/**
 * Whether the new version is slower than the old one by more than the tolerance. Each window is one comparison: the
 * probability that a request to the new version takes longer than one to the old. If the new version is no slower, it is
 * above a half as often and as far as below. The windows are weighed by their own scatter (de la Peña's self-normalized
 * bound), so the evidence may be looked at after each, one slow second counts little however many requests it has, and
 * the shape of the latencies does not matter.
 */
export class LatencyTest {
  #sum = 0;
  #squares = 0;
  #windows = 0;
  /** Of the analytic variance of the windows. */
  #variances = 0;

  /** Takes in a window in which both have requests. */
  add(ofNew: Latencies, ofOld: Latencies): void {
    const lead = superiority(ofNew, ofOld, TOLERATED_BUCKETS) - 0.5;
    this.#sum += lead;
    this.#squares += lead * lead;
    this.#variances += (1 / countOf(ofNew) + 1 / countOf(ofOld)) / 12;
    this.#windows++;
  }

  /** Exceeds ln(1/p) with a probability of at most p if the new version is no slower. */
  get evidence(): number {
    return logMeanExp(TILTS.map((tilt) => tilt * this.#sum - (tilt * tilt * this.#squares) / 2));
  }

  /** The upper end of what the mean comparison may be, at 95 %: at 0, the new version is as slow as tolerated. */
  get upperBound(): number {
    if (this.#windows < 2) return Infinity;
    const mean = this.#sum / this.#windows;
    const scatter = Math.max(this.#squares / this.#windows - mean * mean, 0);
    const variance = Math.max(scatter, this.#variances / this.#windows) / this.#windows;
    return mean + Z_95 * Math.sqrt(variance);
  }
}

const Z_95 = 1.645;
