/** Added to each latency, so that fractions of a millisecond are no difference. */
const OFFSET_MS = 1;
/** The width of a bucket. */
const RATIO = 1.05;
const LENGTH = 256;
const LOG_RATIO = Math.log(RATIO);

/** A histogram of latencies: bucket n holds those about 1.05 to the power of n. Up to four minutes. */
export type Latencies = Uint32Array;

export function newLatencies(): Latencies {
  return new Uint32Array(LENGTH);
}

export function isLatencies(value: unknown): value is Latencies {
  return value instanceof Uint32Array && value.length === LENGTH;
}

export function observeLatency(latencies: Latencies, ms: number): void {
  const bucket = Math.round(Math.log((Math.max(0, ms) + OFFSET_MS) / OFFSET_MS) / LOG_RATIO);
  const index = Math.min(bucket, LENGTH - 1);
  latencies[index] = (latencies[index] ?? 0) + 1;
}

export function addLatencies(latencies: Latencies, more: Latencies): void {
  for (let index = 0; index < LENGTH; index++)
    latencies[index] = (latencies[index] ?? 0) + (more[index] ?? 0);
}

export function countOf(latencies: Latencies): number {
  return latencies.reduce((sum, each) => sum + each, 0);
}

/** Returns the latency in milliseconds below which this share of them is; undefined if there are none. */
export function latencyAt(latencies: Latencies, share: number): number | undefined {
  let rest = share * countOf(latencies);
  if (rest === 0) return undefined;
  for (const [index, count] of latencies.entries()) {
    rest -= count;
    if (rest <= 0) return OFFSET_MS * RATIO ** index - OFFSET_MS;
  }
  return undefined;
}

/**
 * Returns the probability that a latency of one exceeds one of the other by more than a number of buckets, with equal
 * ones counted half (Mann and Whitney's U, as a share).
 */
export function superiority(one: Latencies, other: Latencies, buckets: number): number {
  let below = 0;
  let pairs = 0;
  for (let index = 0; index < LENGTH; index++) {
    const moved = index === 0 ? sumTo(one, buckets) : (one[index + buckets] ?? 0);
    const equal = other[index] ?? 0;
    pairs += moved * (below + equal / 2);
    below += equal;
  }
  return pairs / (countOf(one) * below);
}

function sumTo(latencies: Latencies, last: number): number {
  return latencies.subarray(0, last + 1).reduce((sum, each) => sum + each, 0);
}
