import type { InstanceView, TrafficView } from '@rollcall/gateway';

type Window = TrafficView['history'][number];

/** The latest of an instance's traffic, in numbers. */
export interface Pace {
  readonly perSecond: number;
  /** From 0 to 1, over all of the history. */
  readonly errorShare: number;
  readonly p50?: number | undefined;
  readonly p99?: number | undefined;
}

export function paceOf({ history }: TrafficView): Pace {
  const last = history.at(-1);
  const timed = history.findLast(({ p50 }) => p50 !== undefined);
  const requests = sum(history, ({ requests }) => requests);
  return {
    perSecond: last === undefined ? 0 : last.requests / last.seconds,
    errorShare: requests === 0 ? 0 : sum(history, ({ errors }) => errors) / requests,
    p50: timed?.p50,
    p99: timed?.p99,
  };
}

/** Requests a second of all these instances; nothing if none had any. */
export function perSecond(instances: readonly InstanceView[]): number | undefined {
  const paces = instances.flatMap(({ traffic }) => (traffic ? [paceOf(traffic)] : []));
  return paces.length === 0 ? undefined : sum(paces, (pace) => pace.perSecond);
}

/** Two digits that mean something: `0`, `0.4`, `12`, `340`. */
export function rate(perSecond: number): string {
  if (perSecond === 0 || perSecond >= 10) return Math.round(perSecond).toLocaleString('en');
  return perSecond.toPrecision(2).replace(/\.0$/, '');
}

export function milliseconds(value: number): string {
  if (value >= 10_000) return `${Math.round(value / 1000)} s`;
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return `${value >= 10 ? Math.round(value) : Number(value.toFixed(1))} ms`;
}

/** Never `0 %` for what is not nothing. */
export function percent(share: number): string {
  if (share === 0) return '0 %';
  if (share < 0.001) return '< 0.1 %';
  return `${Number((share * 100).toFixed(share < 0.1 ? 1 : 0))} %`;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

/** A bar of the chart of rates: what went well from the bottom, what failed on top. From 0 to 1. */
export interface Bar {
  readonly ok: number;
  readonly failed: number;
}

/** The rate of each window, as shares of the highest. */
export function bars(history: readonly Window[]): Bar[] {
  const highest = Math.max(...history.map(({ requests, seconds }) => requests / seconds), 1e-9);
  return history.map(({ requests, errors, seconds }) => ({
    ok: (requests - errors) / seconds / highest,
    failed: errors / seconds / highest,
  }));
}

/**
 * The points of a line as SVG takes them, in a box of that size. Latency is drawn by its logarithm, as 2 ms beside
 * 200 ms is to be seen; windows without an answer leave it out.
 */
export function line(
  values: readonly (number | undefined)[],
  highest: number,
  { width, height }: { readonly width: number; readonly height: number },
): string {
  const top = Math.log1p(highest);
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  return values
    .flatMap((value, index) => {
      if (value === undefined) return [];
      const y = top === 0 ? height : height - (Math.log1p(value) / top) * height;
      return [`${round(index * step)},${round(y)}`];
    })
    .join(' ');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
