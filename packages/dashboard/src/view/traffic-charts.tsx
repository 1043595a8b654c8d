import type { InstanceView, TrafficView } from '@rollcall/gateway';
import type { JSX } from 'preact';
import {
  rateBars,
  polylinePoints,
  formatDuration,
  summarize,
  formatShare,
  formatRate,
} from '../model/traffic.ts';

const BOX = { width: 120, height: 28 };
/** Fewer windows leave the left of the chart empty, because its right end is the present. */
const MIN_WINDOWS = 30;

/** Requests and failures as bars, p50 and p99 as lines, with the latest numbers beside them. */
export function TrafficCharts({
  traffic,
}: {
  readonly traffic: InstanceView['traffic'];
}): JSX.Element {
  // Not fetched yet.
  if (traffic === undefined) return <div class="traffic" />;
  if (traffic === null) return <p class="traffic muted none">no traffic yet</p>;
  const { perSecond, errorShare, p50, p99 } = summarize(traffic);
  return (
    <div class="traffic">
      <figure>
        <RateChart history={traffic.history} />
        <figcaption class="number">
          <b>{formatRate(perSecond)}</b>/s{' '}
          <span class={errorShare > 0 ? 'bad' : 'muted'}>{formatShare(errorShare)} failed</span>
        </figcaption>
      </figure>
      <figure>
        <LatencyChart history={traffic.history} />
        <figcaption class="number">
          {p50 === undefined || p99 === undefined ? (
            <span class="muted">no response yet</span>
          ) : (
            <>
              <span class="muted">p50</span> <b>{formatDuration(p50)}</b>{' '}
              <span class="muted">p99 {formatDuration(p99)}</span>
            </>
          )}
        </figcaption>
      </figure>
    </div>
  );
}

type History = Pick<TrafficView, 'history'>;

function RateChart({ history }: History): JSX.Element {
  const step = BOX.width / Math.max(history.length, MIN_WINDOWS);
  const begin = BOX.width - step * history.length;
  return (
    <svg
      class="chart"
      viewBox={`0 0 ${BOX.width} ${BOX.height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label="Requests per second, and failures"
    >
      {rateBars(history).map(({ ok, failed }, index) => {
        const [okHeight, failedHeight] = [ok * BOX.height, failed * BOX.height];
        const x = begin + index * step;
        return (
          <g key={index}>
            <rect class="ok" x={x} y={BOX.height - okHeight} width={step * 0.8} height={okHeight} />
            <rect
              class="failed"
              x={x}
              y={BOX.height - okHeight - failedHeight}
              width={step * 0.8}
              height={failedHeight}
            />
          </g>
        );
      })}
    </svg>
  );
}

function LatencyChart({ history }: History): JSX.Element {
  const highest = Math.max(...history.map(({ p99 }) => p99 ?? 0), 1);
  const missing = Array.from(
    { length: Math.max(0, MIN_WINDOWS - history.length) },
    () => undefined,
  );
  const points = (of: (window: TrafficView['history'][number]) => number | undefined): string =>
    polylinePoints([...missing, ...history.map(of)], highest, BOX);
  return (
    <svg
      class="chart"
      viewBox={`-1 -1 ${BOX.width + 2} ${BOX.height + 2}`}
      preserveAspectRatio="none"
      role="img"
      aria-label="Median and 99th percentile of the response time"
    >
      <polyline class="p99" points={points(({ p99 }) => p99)} />
      <polyline class="p50" points={points(({ p50 }) => p50)} />
    </svg>
  );
}
