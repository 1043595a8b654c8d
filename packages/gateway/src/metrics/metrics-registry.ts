import { Registry } from 'prom-client';
import type { Metric, MetricValueWithName } from 'prom-client';
import { AT, BUCKET_BOUNDS } from '../traffic/counts.ts';
import type { Counts } from '../traffic/counts.ts';

export type Labels = Readonly<Record<string, string>>;

interface Description {
  /** Without the prefix `rollcall_gateway_`. */
  readonly name: string;
  readonly help: string;
}

const PREFIX = 'rollcall_gateway_';

/**
 * Reads metrics when they are scraped. Nothing is counted here: prom-client hashes the labels at each `inc()`, which is
 * too slow for the path of a request.
 */
export class MetricsRegistry {
  readonly registry: Registry = new Registry();

  gauge(description: Description, read: () => Iterable<readonly [Labels, number]>): void {
    this.#register('gauge', description, () => valuesOf(read()));
  }

  /** @param description its name ends with `_total` */
  counter(description: Description, read: () => Iterable<readonly [Labels, number]>): void {
    this.#register('counter', description, () => valuesOf(read()));
  }

  /** @param description its name ends with `_seconds` */
  histogram(description: Description, read: () => Iterable<readonly [Labels, Counts]>): void {
    const name = PREFIX + description.name;
    this.#register('histogram', description, () =>
      [...read()].flatMap(([labels, counts]) => bucketsOf(name, labels, counts)),
    );
  }

  #register(
    type: 'gauge' | 'counter' | 'histogram',
    { name, help }: Description,
    values: () => MetricValueWithName<string>[],
  ): void {
    const full = PREFIX + name;
    const get = async () => ({ name: full, help, type, values: values(), aggregator: 'sum' });
    // The part of prom-client's Metric that its registry uses: its own classes accept no counted buckets.
    const metric: {
      readonly name: string;
      get(): Promise<unknown>;
    } = { name: full, get };
    this.registry.registerMetric(metric as unknown as Metric);
  }
}

function valuesOf(samples: Iterable<readonly [Labels, number]>): MetricValueWithName<string>[] {
  return Array.from(samples, ([labels, value]) => ({ labels, value }));
}

/** Buckets are cumulative: each includes those before it. */
function bucketsOf(name: string, labels: Labels, counts: Counts): MetricValueWithName<string>[] {
  let total = 0;
  const buckets = [...BUCKET_BOUNDS, '+Inf'].map((le, bucket) => {
    total += counts[AT.buckets + bucket] ?? 0;
    return { labels: { ...labels, le }, value: total, metricName: `${name}_bucket` };
  });
  return [
    ...buckets,
    { labels, value: counts[AT.seconds] ?? 0, metricName: `${name}_sum` },
    { labels, value: total, metricName: `${name}_count` },
  ];
}
