/** Upper bounds of the buckets that durations are counted in, in seconds. One more has what is longer. */
export const BOUNDS: readonly number[] = [
  0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10,
];

/** Where each number stands in {@link Counts}. */
export const AT = {
  /** Answers by the first digit of their status, five of them. */
  statuses: 0,
  /** Answers that were broken off. */
  cut: 5,
  /** Failed tries after which the request was tried again. */
  retries: 6,
  ejections: 7,
  requestBytes: 8,
  responseBytes: 9,
  /** The sum of what is in the buckets. */
  seconds: 10,
  buckets: 11,
} as const;

const LENGTH = AT.buckets + BOUNDS.length + 1;

/**
 * What is counted of a route, or of an instance. It is one array, so that to add, to send and to compare is one
 * loop, and to count is no more than to add to some of its numbers.
 */
export type Counts = Float64Array;

export function newCounts(): Counts {
  return new Float64Array(LENGTH);
}

export function isCounts(value: unknown): value is Counts {
  return value instanceof Float64Array && value.length === LENGTH;
}

export function increase(counts: Counts, at: number, by: number): void {
  counts[at] = (counts[at] ?? 0) + by;
}

export function addCounts(counts: Counts, more: Counts): void {
  for (let at = 0; at < LENGTH; at++) increase(counts, at, more[at] ?? 0);
}

export function observeSeconds(counts: Counts, seconds: number): void {
  let bucket = 0;
  // Most durations are in the first few: a loop is faster than a search by halves.
  while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] ?? 0)) bucket++;
  increase(counts, AT.buckets + bucket, 1);
  increase(counts, AT.seconds, seconds);
}

/** Requests that were answered, in whatever way. */
export function requestsOf(counts: Counts): number {
  let requests = 0;
  for (let digit = 0; digit < 5; digit++) requests += counts[AT.statuses + digit] ?? 0;
  return requests;
}

/** Those that failed: 5xx, or broken off. */
export function errorsOf(counts: Counts): number {
  return (counts[AT.statuses + 4] ?? 0) + (counts[AT.cut] ?? 0);
}

/**
 * The duration that this share of all was within, in seconds, as if they were spread evenly over each bucket.
 * Nothing if there were none.
 */
export function quantile(counts: Counts, share: number): number | undefined {
  let total = 0;
  for (let bucket = 0; bucket <= BOUNDS.length; bucket++) total += counts[AT.buckets + bucket] ?? 0;
  if (total === 0) return undefined;
  let rest = share * total;
  for (const [bucket, upper] of BOUNDS.entries()) {
    const inside = counts[AT.buckets + bucket] ?? 0;
    const lower = BOUNDS[bucket - 1] ?? 0;
    if (inside > 0 && rest <= inside) return lower + ((upper - lower) * rest) / inside;
    rest -= inside;
  }
  return BOUNDS.at(-1);
}
