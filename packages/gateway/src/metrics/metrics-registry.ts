import { Registry } from 'prom-client';
import type { Metric, MetricValueWithName } from 'prom-client';
import { addCounts, AT, BUCKET_BOUNDS } from '../traffic/counts.ts';
import type { Counts } from '../traffic/counts.ts';

export type Labels = Readonly<Record<string, string>>;

interface Description {
  /** Without the prefix `rollcall_gateway_`. */
  readonly name: string;
  readonly help: string;
}

const PREFIX = 'rollcall_gateway_';

/** How many routes, and how many instances, a metric has series for. The sum of all others is one more. */
const MAX_SUBJECTS = 1000;
/** The label of that sum. No prefix is so, as each begins with a slash. */
const OTHERS = 'others';

const plus = (sum: number, more: number): number => sum + more;

/**
 * Reads metrics when they are scraped. Nothing is counted here: prom-client hashes the labels at each `inc()`, which is
 * too slow for the path of a request.
 */
export class MetricsRegistry {
  readonly registry: Registry = new Registry();

  gauge(description: Description, read: () => Iterable<readonly [Labels, number]>): void {
    this.#register('gauge', description, () => valuesOf(bounded(read(), plus)));
  }

  /** @param description its name ends with `_total` */
  counter(description: Description, read: () => Iterable<readonly [Labels, number]>): void {
    this.#register('counter', description, () => valuesOf(bounded(read(), plus)));
  }

  /** @param description its name ends with `_seconds` */
  histogram(description: Description, read: () => Iterable<readonly [Labels, Counts]>): void {
    const name = PREFIX + description.name;
    this.#register('histogram', description, () =>
      bounded(read(), sumOfCounts).flatMap(([labels, counts]) => bucketsOf(name, labels, counts)),
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

/**
 * The first samples one by one, and the rest as a sum: prefixes and instances come from the registry, so that a scrape
 * of all of them could take seconds.
 */
function bounded<Value>(
  samples: Iterable<readonly [Labels, Value]>,
  add: (sum: Value, more: Value) => Value,
): (readonly [Labels, Value])[] {
  const kept: (readonly [Labels, Value])[] = [];
  const rest = new Map<string, readonly [Labels, Value]>();
  const seen = new Set<string>();
  for (const sample of samples) {
    const [labels, value] = sample;
    const subject = labels['upstream'] ?? labels['route'];
    if (subject === undefined || seen.has(subject) || seen.size < MAX_SUBJECTS) {
      if (subject !== undefined) seen.add(subject);
      kept.push(sample);
      continue;
    }
    const summed = labelsOfOthers(labels);
    const key = JSON.stringify(summed);
    const known = rest.get(key);
    rest.set(key, [summed, known === undefined ? value : add(known[1], value)]);
  }
  return [...kept, ...rest.values()];
}

function labelsOfOthers(labels: Labels): Labels {
  const others = Object.entries(labels).map(([name, value]) => [
    name,
    name === 'route' || name === 'upstream' ? OTHERS : value,
  ]);
  return Object.fromEntries(others) as Labels;
}

function sumOfCounts(sum: Counts, more: Counts): Counts {
  const added = sum.slice();
  addCounts(added, more);
  return added;
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
