import type { Format } from '@rollcall/runtime/settings';

/** How many requests are allowed in which time. */
export interface Rate {
  /** Such as `10/s`. */
  readonly text: string;
  /** Milliseconds until one more request is allowed. */
  readonly intervalMs: number;
  /** Requests that may come at once. */
  readonly burst: number;
}

/** What became of a request at a limit. */
export interface Taken {
  readonly isAllowed: boolean;
  /** Requests that may come now. */
  readonly remaining: number;
  /** Milliseconds until the whole burst may come again. */
  readonly resetMs: number;
  /** Milliseconds until a request is allowed; 0 if one is. */
  readonly retryMs: number;
}

const RATE = /^(?<count>[1-9][0-9]{0,8})\/(?<unit>[smhd])$/;
const PERIODS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

export const RATE_FORMAT: Format = {
  expected: 'requests per second, minute, hour or day, such as 10/s, 100/m, 1000/h or 10000/d',
  parse: (text) => (RATE.test(text) ? text : undefined),
};

/** @param burst default: the number of the rate */
export function parseRate(text: string, burst?: number): Rate {
  const { count = '1', unit = 's' } = RATE.exec(text)?.groups ?? {};
  const intervalMs = (PERIODS[unit] ?? 1000) / Number(count);
  return { text, intervalMs, burst: burst ?? Number(count) };
}

/** Of sums of floating-point numbers. */
const EPSILON_MS = 0.001;

/** Whether one more request fits. @param levelMs what has been taken and is not given back yet, as a time */
export function fits(levelMs: number, { intervalMs, burst }: Rate): boolean {
  return levelMs + intervalMs <= intervalMs * burst + EPSILON_MS;
}

/** @param levelMs after the request */
export function takenAt(levelMs: number, isAllowed: boolean, rate: Rate): Taken {
  const { intervalMs, burst } = rate;
  const free = intervalMs * burst - levelMs;
  return {
    isAllowed,
    remaining: Math.max(0, Math.floor((free + EPSILON_MS) / intervalMs)),
    resetMs: levelMs,
    retryMs: isAllowed ? 0 : Math.max(0, intervalMs - free),
  };
}
