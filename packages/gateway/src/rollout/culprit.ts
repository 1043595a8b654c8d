import type { ServedCounts } from './evidence.ts';

/** An instance of a version, and what became of its requests. */
export interface InstanceCounts extends Readonly<ServedCounts> {
  readonly key: string;
}

/** So unlikely is it that the failures of a version whose instances are all alike stand so at one of them. */
const MAX_CHANCE = 0.01;
/** So unlikely is it that a verdict waits for more failures: they show soon which it is. */
const UNCLEAR_CHANCE = 0.2;

/**
 * Whose fault failures are, if an instance fails more often than the others of its version.
 * - an instance: so many of the failures are its own that chance is no explanation
 * - `unclear`: it looks so, but they are too few to say
 * - `version`: any other case
 */
export type Culprit = InstanceCounts | 'unclear' | 'version';

/**
 * Returns whose fault the failures of a version are. If its instances are alike, each fails as often as its share of the
 * requests says, and so many failures at any of them come together with a probability of at most 1 %: a binomial tail, for
 * as many instances as there are.
 */
export function culpritOf(instances: readonly InstanceCounts[]): Culprit {
  const served = instances.filter(({ requests }) => requests > 0);
  const [worst] = served.toSorted((one, other) => other.failures - one.failures);
  if (worst === undefined || served.length < 2) return 'version';
  const requests = sum(served.map((each) => each.requests));
  const failures = sum(served.map((each) => each.failures));
  const share = worst.requests / requests;
  const chance = served.length * tail(worst.failures, failures, share);
  if (chance <= MAX_CHANCE) return worst;
  return chance <= UNCLEAR_CHANCE ? 'unclear' : 'version';
}

/** The probability of at least so many of n, each with probability p. */
function tail(atLeast: number, n: number, p: number): number {
  let term = p ** n;
  let total = 0;
  // From all of them downwards, where the terms are smallest.
  for (let count = n; count >= atLeast; count--) {
    total += term;
    term *= (count / (n - count + 1)) * ((1 - p) / p);
  }
  return total;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
