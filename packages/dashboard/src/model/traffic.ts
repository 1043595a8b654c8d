import type { InstanceView, TrafficView } from '@rollcall/gateway';

type Window = TrafficView['history'][number];

/** The recent traffic of an instance in numbers. */
export interface TrafficSummary {
  /** Requests per second in the latest window. */
  readonly perSecond: number;
  /** Failed requests over the whole history, from 0 to 1. */
  readonly errorShare: number;
  /** Milliseconds to the head of the response, in the latest window that had one. */
  readonly p50?: number | undefined;
  readonly p99?: number | undefined;
}

export function summarize({ history }: TrafficView): TrafficSummary {
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

/** Requests per second to all these instances; undefined if none had any. */
export function requestsPerSecond(instances: readonly InstanceView[]): number | undefined {
  const summaries = instances.flatMap(({ traffic }) => (traffic ? [summarize(traffic)] : []));
  return summaries.length === 0 ? undefined : sum(summaries, ({ perSecond }) => perSecond);
}

/** A rate with at most two significant digits below 10: `0`, `0.4`, `12`, `340`. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0 || perSecond >= 10) return Math.round(perSecond).toLocaleString('en');
  return perSecond.toPrecision(2).replace(/\.0$/, '');
}

/** Milliseconds as `1.4 ms`, `150 ms` or `1.2 s`. */
export function formatDuration(value: number): string {
  if (value >= 10_000) return `${Math.round(value / 1000)} s`;
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return `${value >= 10 ? Math.round(value) : Number(value.toFixed(1))} ms`;
}

/** A share as a percentage; `0 %` only if it is exactly 0. */
export function formatShare(share: number): string {
  if (share === 0) return '0 %';
  if (share < 0.001) return '< 0.1 %';
  return `${Number((share * 100).toFixed(share < 0.1 ? 1 : 0))} %`;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

/** A bar of the rate chart, as heights from 0 to 1: failed requests on top of the others. */
export interface Bar {
  readonly ok: number;
  readonly failed: number;
}

/** The request rate of each window, relative to the highest. */
export function rateBars(history: readonly Window[]): Bar[] {
  const highest = Math.max(...history.map(({ requests, seconds }) => requests / seconds), 1e-9);
  return history.map(({ requests, errors, seconds }) => ({
    ok: (requests - errors) / seconds / highest,
    failed: errors / seconds / highest,
  }));
}

/**
 * The `points` of an SVG polyline in a box of this size. The scale is logarithmic, so that 2 ms is visible beside
 * 200 ms. Windows without a response have no point.
 */
export function polylinePoints(
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
