import { logMeanExp } from './log-mean-exp.ts';

/** How many times as often the new version may fail: the alternatives that are weighed against "no more often". */
const RATIOS: readonly number[] = [1.5, 2, 3, 5, 10, 30, 100];

/** The failures of one moment may have one cause: they count for no more than this, however many there are. */
const MAX_GAIN = 3;

/** Failed requests of one moment, and how the requests were shared. */
export interface Failures {
  readonly ofNew: number;
  readonly ofOld: number;
  /** The share of the requests to either that the new version received, more than 0 and less than 1. */
  readonly share: number;
}

/**
 * Whether the new version fails more often than the old one. If it does not, a failed request is one of the new
 * version's no more often than its share of requests says, at any rate of failures, even one that changes.
 * Against that stand the likelihoods of higher rates. The evidence may be looked at after each request: it exceeds
 * ln(1/p) with a probability of at most p if the new version is no worse (Ville's inequality).
 */
export class FailureTest {
  readonly #logs: number[] = RATIOS.map(() => 0);

  /** Takes in the failures of one moment, by how requests were shared. */
  add(moment: readonly Failures[]): void {
    const failures = moment.reduce((sum, { ofNew, ofOld }) => sum + ofNew + ofOld, 0);
    if (failures === 0) return;
    // Set by the number of failures alone, and not by whose they are: the bound holds.
    const maxLift = Math.exp(MAX_GAIN / failures);
    for (const [index, ratio] of RATIOS.entries())
      for (const each of moment)
        this.#logs[index] = (this.#logs[index] ?? 0) + logRatio(each, ratio, maxLift);
  }

  /** The logarithm of the mean likelihood ratio. */
  get evidence(): number {
    return logMeanExp(this.#logs);
  }
}

function logRatio({ ofNew, ofOld, share }: Failures, ratio: number, maxLift: number): number {
  const lift = Math.min(ratio / (ratio * share + 1 - share), maxLift);
  return ofNew * Math.log(lift) + ofOld * Math.log((1 - lift * share) / (1 - share));
}
