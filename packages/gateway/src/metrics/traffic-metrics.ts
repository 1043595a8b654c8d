import type { DataPlane } from '../data-plane.ts';
import { AT } from '../traffic/counts.ts';
import type { Counts } from '../traffic/counts.ts';
import type { ProcessLoad } from '../traffic/load.ts';
import type { TrafficCounter } from '../traffic/traffic.ts';
import type { Exposition, Labels } from './exposition.ts';

/** A label for what no prefix stands for: a prefix begins with a slash. */
const NO_ROUTE = 'none';

export interface TrafficMetricsOptions {
  readonly traffic: TrafficCounter;
  readonly loads: DataPlane['loads'];
}

/** Requests, errors and durations, and what stands behind them. */
export function addTrafficMetrics(
  exposition: Exposition,
  { traffic, loads }: TrafficMetricsOptions,
): void {
  const routes = (): [Labels, Counts][] =>
    Array.from(traffic.routes(), ([prefix, counts]) => [{ route: label(prefix) }, counts]);
  const instances = (): [Labels, Counts][] =>
    Array.from(traffic.instances(), ([key, counts]) => [of(key), counts]);
  // Prometheus has a label `instance` of its own: the process that it scraped.
  const of = (key: string): Labels => ({ route: label(traffic.prefixOf(key)), upstream: key });
  /** Of all processes together. Connections to one that has gone may be there a little longer. */
  const summed = (
    read: (load: ProcessLoad) => readonly (readonly [string, number])[],
  ): [Labels, number][] => {
    const sums = new Map<string, number>();
    for (const [key, value] of loads().flatMap(read)) sums.set(key, (sums.get(key) ?? 0) + value);
    const there = [...sums].filter(([key]) => traffic.prefixOf(key) !== undefined);
    return there.map(([key, value]) => [of(key), value]);
  };

  exposition.counter(
    { name: 'requests_total', help: 'Requests that were answered, in whatever way' },
    () => byStatus(routes()),
  );
  exposition.counter({ name: 'cut_total', help: 'Answers that were broken off' }, () =>
    numbers(routes(), AT.cut),
  );
  exposition.counter({ name: 'problems_total', help: 'What the gateway itself answered' }, () =>
    Array.from(traffic.problems(), ([code, value]) => [{ code }, value]),
  );
  exposition.histogram(
    { name: 'request_seconds', help: 'From the head of a request to the end of its answer' },
    routes,
  );
  exposition.counter({ name: 'request_bytes_total', help: 'Bytes of the bodies of requests' }, () =>
    numbers(routes(), AT.requestBytes),
  );
  exposition.counter({ name: 'response_bytes_total', help: 'Bytes of the bodies of answers' }, () =>
    numbers(routes(), AT.responseBytes),
  );
  exposition.counter(
    { name: 'retries_total', help: 'Failed tries after which a request was tried again' },
    () => numbers(routes(), AT.retries),
  );
  exposition.counter(
    { name: 'ejections_total', help: 'Times that an instance was ejected for how it answered' },
    () => numbers(routes(), AT.ejections),
  );

  exposition.counter(
    {
      name: 'instance_requests_total',
      help: 'Requests that this instance was the last to be sent',
    },
    () => byStatus(instances()),
  );
  exposition.counter({ name: 'instance_cut_total', help: 'Its answers that were broken off' }, () =>
    numbers(instances(), AT.cut),
  );
  exposition.counter(
    { name: 'instance_retries_total', help: 'Tries that failed at it, and were tried again' },
    () => numbers(instances(), AT.retries),
  );
  exposition.histogram(
    { name: 'instance_answer_seconds', help: 'Until the head of its answer came' },
    instances,
  );
  exposition.gauge({ name: 'instance_in_flight', help: 'Requests in flight to it' }, () =>
    summed(({ inFlight }) => inFlight),
  );
  exposition.gauge({ name: 'instance_connections', help: 'Connections that are open to it' }, () =>
    summed(({ pools }) => pools.map(([key, { open }]) => [key, open])),
  );
  exposition.gauge(
    { name: 'instance_idle_connections', help: 'Those of them that nobody uses' },
    () => summed(({ pools }) => pools.map(([key, { idle }]) => [key, idle])),
  );
  exposition.gauge({ name: 'workers', help: 'Processes that serve requests' }, () => [
    [{}, loads().length],
  ]);
  exposition.gauge({ name: 'client_connections', help: 'Connections of clients' }, () => [
    [{}, loads().reduce((sum, { clients }) => sum + clients, 0)],
  ]);
}

function label(prefix: string | undefined): string {
  return prefix === undefined ? NO_ROUTE : prefix || '/';
}

function numbers(all: readonly [Labels, Counts][], at: number): [Labels, number][] {
  return all.map(([labels, counts]) => [labels, counts[at] ?? 0]);
}

function byStatus(all: readonly [Labels, Counts][]): [Labels, number][] {
  return all.flatMap(([labels, counts]) =>
    [1, 2, 3, 4, 5].map((digit): [Labels, number] => [
      { ...labels, status: `${digit}xx` },
      counts[AT.statuses + digit - 1] ?? 0,
    ]),
  );
}
