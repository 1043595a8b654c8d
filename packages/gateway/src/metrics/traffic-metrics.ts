import type { DataPlane } from '../data-plane/data-plane.ts';
import { AT } from '../traffic/counts.ts';
import type { Counts } from '../traffic/counts.ts';
import type { ProcessLoad } from '../traffic/process-load.ts';
import type {
  CopyCounts,
  FilterAnswers,
  GrpcCalls,
  TrafficCounter,
} from '../traffic/traffic-counter.ts';
import type { MetricsRegistry, Labels } from './metrics-registry.ts';

/** The label of requests without a route: a prefix begins with a slash. */
const NO_ROUTE = 'none';

export interface TrafficMetricsOptions {
  readonly traffic: TrafficCounter;
  readonly loads: DataPlane['loads'];
}

/** Adds the metrics of requests, responses, instances and connections. */
export function addTrafficMetrics(
  metrics: MetricsRegistry,
  { traffic, loads }: TrafficMetricsOptions,
): void {
  addRoutes(metrics, traffic);
  addOwnResponses(metrics, traffic);
  addInstances(metrics, traffic);
  addInstanceLoads(metrics, traffic, loads);
  addClients(metrics, traffic, loads);
}

function addRoutes(metrics: MetricsRegistry, traffic: TrafficCounter): void {
  const routes = (): [Labels, Counts][] =>
    Array.from(traffic.routes(), ([prefix, counts]) => [{ route: label(prefix) }, counts]);
  metrics.counter({ name: 'requests_total', help: 'Requests that received a response' }, () =>
    byStatus(routes()),
  );
  metrics.counter(
    { name: 'responses_aborted_total', help: 'Responses that either side aborted' },
    () => numbers(routes(), AT.aborted),
  );
  metrics.histogram(
    { name: 'request_seconds', help: 'Time from the head of a request to the end of its response' },
    routes,
  );
  metrics.counter({ name: 'request_bytes_total', help: 'Bytes of request bodies' }, () =>
    numbers(routes(), AT.requestBytes),
  );
  metrics.counter({ name: 'response_bytes_total', help: 'Bytes of response bodies' }, () =>
    numbers(routes(), AT.responseBytes),
  );
  metrics.counter(
    { name: 'compression_input_bytes_total', help: 'Bytes of response bodies before compression' },
    () => numbers(routes(), AT.transformInputBytes),
  );
  metrics.counter(
    {
      name: 'compression_output_bytes_total',
      help: 'Bytes of compressed response bodies',
    },
    () => numbers(routes(), AT.transformOutputBytes),
  );
  metrics.counter(
    { name: 'retries_total', help: 'Failed attempts after which a request was retried' },
    () => numbers(routes(), AT.retries),
  );
  metrics.counter(
    { name: 'grpc_calls_total', help: 'Calls of gRPC that ended with a status' },
    () => byRoute(traffic.grpcCalls(), 'status'),
  );
  metrics.counter(
    {
      name: 'mirrored_requests_total',
      help: 'Copies of requests that were sent to a mirror, by the status of its response',
    },
    () => byRoute(traffic.copies(), 'status'),
  );
  metrics.counter(
    {
      name: 'mirrored_requests_dropped_total',
      help: 'Copies of requests that were not sent to a mirror',
    },
    () => byRoute(traffic.droppedCopies(), 'reason'),
  );
  metrics.counter({ name: 'ejections_total', help: 'Ejections of instances' }, () =>
    numbers(routes(), AT.ejections),
  );
}

/** Responses that no instance made. */
function addOwnResponses(metrics: MetricsRegistry, traffic: TrafficCounter): void {
  metrics.counter(
    { name: 'problems_total', help: 'Problems that the gateway responded with itself' },
    () => Array.from(traffic.problems(), ([code, value]) => [{ code }, value]),
  );
  metrics.counter(
    { name: 'filter_responses_total', help: 'Requests that a filter responded to' },
    () => byRoute(traffic.filters(), 'filter'),
  );
}

function addInstances(metrics: MetricsRegistry, traffic: TrafficCounter): void {
  const instances = (): [Labels, Counts][] =>
    Array.from(traffic.instances(), ([key, counts]) => [instanceLabels(traffic, key), counts]);
  metrics.counter(
    { name: 'instance_requests_total', help: 'Requests that were last sent to the instance' },
    () => byStatus(instances()),
  );
  metrics.counter(
    {
      name: 'instance_responses_aborted_total',
      help: 'Responses of the instance that were aborted',
    },
    () => numbers(instances(), AT.aborted),
  );
  metrics.counter(
    {
      name: 'instance_retries_total',
      help: 'Failed attempts at the instance after which a request was retried',
    },
    () => numbers(instances(), AT.retries),
  );
  metrics.histogram(
    {
      name: 'instance_response_seconds',
      help: 'Time from sending a request to the instance to the head of its response',
    },
    instances,
  );
}

function addInstanceLoads(
  metrics: MetricsRegistry,
  traffic: TrafficCounter,
  loads: DataPlane['loads'],
): void {
  /** Sums over all processes. Connections to an instance that left may exist a little longer. */
  const summed = (
    read: (load: ProcessLoad) => readonly (readonly [string, number])[],
  ): [Labels, number][] => {
    const sums = new Map<string, number>();
    for (const [key, value] of loads().flatMap(read)) sums.set(key, (sums.get(key) ?? 0) + value);
    const there = [...sums].filter(([key]) => traffic.prefixOf(key) !== undefined);
    return there.map(([key, value]) => [instanceLabels(traffic, key), value]);
  };
  metrics.gauge({ name: 'instance_in_flight', help: 'Requests in flight to the instance' }, () =>
    summed(({ inFlight }) => inFlight),
  );
  metrics.gauge({ name: 'instance_connections', help: 'Open connections to the instance' }, () =>
    summed(({ pools }) => pools.map(([key, { open }]) => [key, open])),
  );
  metrics.gauge(
    { name: 'instance_idle_connections', help: 'Idle connections to the instance' },
    () => summed(({ pools }) => pools.map(([key, { idle }]) => [key, idle])),
  );
}

/** The clients' side, of all routes and all processes together. */
function addClients(
  metrics: MetricsRegistry,
  traffic: TrafficCounter,
  loads: DataPlane['loads'],
): void {
  const total = (read: (load: ProcessLoad) => number): number =>
    loads().reduce((sum, load) => sum + read(load), 0);
  metrics.counter(
    {
      name: 'requests_by_version_total',
      help: 'Requests that received a response, by the version of HTTP that the client used',
    },
    () => Array.from(traffic.versions(), ([version, count]) => [{ version }, count]),
  );
  metrics.counter(
    {
      name: 'header_fields_dropped_total',
      help: 'Header fields of requests that were dropped because their name has a _',
    },
    () => [[{}, traffic.droppedFields]],
  );
  metrics.gauge({ name: 'workers', help: 'Processes that serve requests' }, () => [
    [{}, loads().length],
  ]);
  metrics.gauge({ name: 'client_connections', help: 'Open connections of clients' }, () => [
    [{}, total(({ clients }) => clients)],
  ]);
  metrics.counter(
    {
      name: 'client_connections_closed_total',
      help: 'Connections of clients closed because of a limit',
    },
    () => [
      [{ limit: 'connections' }, total(({ shedClients }) => shedClients)],
      [{ limit: 'held_bytes' }, total(({ heavyClients }) => heavyClients)],
      [{ limit: 'http2_frames' }, total(({ faultyClients }) => faultyClients)],
    ],
  );
}

/** The label `instance` is Prometheus' own: the process that it scraped. */
function instanceLabels(traffic: TrafficCounter, key: string): Labels {
  return { route: label(traffic.prefixOf(key)), upstream: key };
}

function label(prefix: string | undefined): string {
  return prefix === undefined ? NO_ROUTE : prefix || '/';
}

function numbers(all: readonly [Labels, Counts][], at: number): [Labels, number][] {
  return all.map(([labels, counts]) => [labels, counts[at] ?? 0]);
}

/** Counts by a name, which is the value of this label, and then by route. */
function byRoute(
  all: Iterable<CopyCounts | FilterAnswers | GrpcCalls>,
  name: string,
): [Labels, number][] {
  return Array.from(all, ([value, counts]) =>
    counts.map(([prefix, count]): [Labels, number] => [
      { route: label(prefix), [name]: String(value) },
      count,
    ]),
  ).flat();
}

function byStatus(all: readonly [Labels, Counts][]): [Labels, number][] {
  return all.flatMap(([labels, counts]) =>
    [1, 2, 3, 4, 5].map((digit): [Labels, number] => [
      { ...labels, status: `${digit}xx` },
      counts[AT.statuses + digit - 1] ?? 0,
    ]),
  );
}
