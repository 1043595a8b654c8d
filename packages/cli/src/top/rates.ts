import type { InstanceView } from '@rollcall/gateway';

/** Recent traffic. */
export interface Rates {
  readonly requestsPerSecond: number;
  /** 0 to 1. */
  readonly errors: number;
  /** Milliseconds to the head of a response; absent if there was none. */
  readonly p50?: number;
  readonly p99?: number;
}

/** Averages over ten seconds: one second varies too much, and a minute hides recent changes. */
export const RATES_OVER_S = 10;

/** @param now milliseconds since 1970, by the gateway's clock */
export function ratesOf(traffic: InstanceView['traffic'], now: number): Rates | undefined {
  const windows = traffic?.history.filter(
    ({ at, seconds }) => at + seconds * 1000 > now - RATES_OVER_S * 1000,
  );
  if (windows === undefined) return undefined;
  const seconds = sum(windows.map((each) => each.seconds));
  const requests = sum(windows.map((each) => each.requests));
  const errors = sum(windows.map((each) => each.errors));
  const { p50, p99 } = windows.findLast((each) => each.p50 !== undefined) ?? {};
  return {
    requestsPerSecond: seconds === 0 ? 0 : requests / seconds,
    errors: requests === 0 ? 0 : errors / requests,
    ...(p50 !== undefined && { p50 }),
    ...(p99 !== undefined && { p99 }),
  };
}

/** The rates of a service, from those of its instances. Quantiles cannot be added up. */
export function totalOf(rates: readonly (Rates | undefined)[]): Rates | undefined {
  const known = rates.filter((each) => each !== undefined);
  if (known.length === 0) return undefined;
  const requestsPerSecond = sum(known.map((each) => each.requestsPerSecond));
  const failed = sum(known.map((each) => each.requestsPerSecond * each.errors));
  return { requestsPerSecond, errors: requestsPerSecond === 0 ? 0 : failed / requestsPerSecond };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
