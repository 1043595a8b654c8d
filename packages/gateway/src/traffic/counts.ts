/** Upper bounds of the histogram buckets in seconds. One more bucket holds what is longer. */
export const BUCKET_BOUNDS: readonly number[] = [
  0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10,
];

/** The index of each number in {@link Counts}. */
export const AT = {
  /** Responses by the first digit of their status: five numbers. */
  statuses: 0,
  /** Responses that were aborted. */
  aborted: 5,
  /** Failed attempts after which the request was retried. */
  retries: 6,
  ejections: 7,
  requestBytes: 8,
  responseBytes: 9,
  /** Bytes of bodies that filters transformed, before and after. */
  transformInputBytes: 10,
  transformOutputBytes: 11,
  /** The sum of the durations in the buckets. */
  seconds: 12,
  /** Calls of gRPC whose response was complete, and whose status is one of a failure. */
  grpcFailures: 13,
  buckets: 14,
} as const;

const LENGTH = AT.buckets + BUCKET_BOUNDS.length + 1;

/**
 * The counters of a route or an instance. They are one array, so that adding, sending and comparing is one loop, and
 * counting a request is a few additions.
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
  // Most durations are in the first few buckets, so a loop is faster than a binary search.
  while (bucket < BUCKET_BOUNDS.length && seconds > (BUCKET_BOUNDS[bucket] ?? 0)) bucket++;
  increase(counts, AT.buckets + bucket, 1);
  increase(counts, AT.seconds, seconds);
}

/** Returns the number of requests that received a response. */
export function requestCount(counts: Counts): number {
  let requests = 0;
  for (let digit = 0; digit < 5; digit++) requests += counts[AT.statuses + digit] ?? 0;
  return requests;
}

/** Returns the number of failed requests: 5xx, aborted, or a status of gRPC that is as bad. */
export function errorCount(counts: Counts): number {
  const { statuses, aborted, grpcFailures } = AT;
  return (counts[statuses + 4] ?? 0) + (counts[aborted] ?? 0) + (counts[grpcFailures] ?? 0);
}

/**
 * Returns a quantile of the durations in seconds, such as 0.99 for p99. Durations are assumed to be spread evenly
 * within a bucket. Undefined if there were none.
 */
export function quantile(counts: Counts, share: number): number | undefined {
  let total = 0;
  for (let bucket = 0; bucket <= BUCKET_BOUNDS.length; bucket++)
    total += counts[AT.buckets + bucket] ?? 0;
  if (total === 0) return undefined;
  let rest = share * total;
  for (const [bucket, upper] of BUCKET_BOUNDS.entries()) {
    const inside = counts[AT.buckets + bucket] ?? 0;
    const lower = BUCKET_BOUNDS[bucket - 1] ?? 0;
    if (inside > 0 && rest <= inside) return lower + ((upper - lower) * rest) / inside;
    rest -= inside;
  }
  return BUCKET_BOUNDS.at(-1);
}
