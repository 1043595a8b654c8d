import { Registry } from 'prom-client';
import type { Metric, MetricValueWithName } from 'prom-client';
import { AT, BOUNDS } from '../traffic/counts.ts';
import type { Counts } from '../traffic/counts.ts';

export type Labels = Readonly<Record<string, string>>;

interface Head {
  /** Without `rollcall_gateway_`. */
  readonly name: string;
  readonly help: string;
}

const PREFIX = 'rollcall_gateway_';

/**
 * Metrics that are read when somebody asks for them. Nothing is counted here: a metric of prom-client finds its
 * labels by a hash at each `inc()`, which is nothing for the way of a request.
 */
export class Exposition {
  readonly registry: Registry = new Registry();

  gauge(head: Head, read: () => Iterable<readonly [Labels, number]>): void {
    this.#register('gauge', head, () => valuesOf(read()));
  }

  /** @param head its name ends with `_total` */
  counter(head: Head, read: () => Iterable<readonly [Labels, number]>): void {
    this.#register('counter', head, () => valuesOf(read()));
  }

  /** @param head its name ends with `_seconds` */
  histogram(head: Head, read: () => Iterable<readonly [Labels, Counts]>): void {
    const name = PREFIX + head.name;
    this.#register('histogram', head, () =>
      [...read()].flatMap(([labels, counts]) => bucketsOf(name, labels, counts)),
    );
  }

  #register(
    type: 'gauge' | 'counter' | 'histogram',
    { name, help }: Head,
    values: () => MetricValueWithName<string>[],
  ): void {
    const full = PREFIX + name;
    const get = async () => ({ name: full, help, type, values: values(), aggregator: 'sum' });
    // What a registry asks of a metric. Its own classes of metrics can be given no buckets that are counted already.
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

/** Buckets are cumulative: each has what the ones before it have. */
function bucketsOf(name: string, labels: Labels, counts: Counts): MetricValueWithName<string>[] {
  let total = 0;
  const buckets = [...BOUNDS, '+Inf'].map((le, bucket) => {
    total += counts[AT.buckets + bucket] ?? 0;
    return { labels: { ...labels, le }, value: total, metricName: `${name}_bucket` };
  });
  return [
    ...buckets,
    { labels, value: counts[AT.seconds] ?? 0, metricName: `${name}_sum` },
    { labels, value: total, metricName: `${name}_count` },
  ];
}
