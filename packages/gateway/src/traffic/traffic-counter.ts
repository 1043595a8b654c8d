import type { Change, Instance } from '@rollcall/client';
import type { RequestSummary } from '@rollcall/proxy';
import { isGrpcFailure } from '../grpc-failure.ts';
import type { ProblemCode } from '../problem.ts';
import type { RoutingEvents } from '../routing/forwarding.ts';
import type { CopyDrop } from '../routing/route-mirror.ts';
import { addCounts, AT, increase, newCounts, observeSeconds } from './counts.ts';
import type { Counts } from './counts.ts';

/** The counts since the previous delta. */
export interface TrafficDelta {
  readonly routes: readonly (readonly [prefix: string | undefined, Counts])[];
  readonly instances: readonly (readonly [key: string, Counts])[];
  readonly problems: readonly (readonly [ProblemCode, number])[];
  readonly filters: readonly FilterAnswers[];
  readonly droppedFields: number;
  readonly versions: readonly (readonly [version: string, number])[];
  readonly grpc: readonly GrpcCalls[];
  readonly copies: readonly CopyCounts[];
  readonly droppedCopies: readonly CopyCounts[];
}

/** Copies of requests by what became of them, such as `2xx` or `in-flight`, and then by route. */
export type CopyCounts = readonly [
  outcome: string,
  readonly (readonly [prefix: string | undefined, number])[],
];

/** The calls of gRPC that ended with a status, by route. */
export type GrpcCalls = readonly [
  status: number,
  readonly (readonly [prefix: string | undefined, number])[],
];

/** The requests that a filter answered, by route. */
export type FilterAnswers = readonly [
  filter: string,
  readonly (readonly [prefix: string | undefined, number])[],
];

interface InstanceTraffic {
  readonly prefix: string;
  /** Undefined before its first request. */
  counts: Counts | undefined;
}

const SWITCHED = 101;

/**
 * Counts requests, errors and durations by route and by instance. Only instances in the table are counted, so that one
 * that left leaves nothing behind even if its last responses come later.
 */
export class TrafficCounter implements RoutingEvents {
  /** By prefix; undefined holds requests without a route. */
  readonly #routes = new Map<string | undefined, Counts>();
  /** By key; only instances in the table. */
  readonly #instances = new Map<string, InstanceTraffic>();
  readonly #problems = new Map<ProblemCode, number>();
  /** By filter, then by prefix. */
  readonly #filters = new Map<string, Map<string | undefined, number>>();

  /** By the version of HTTP that clients used. */
  readonly #versions = new Map<string, number>();
  /** Calls of gRPC, by status and then by prefix. */
  readonly #grpc = new Map<number, Map<string | undefined, number>>();
  /** Copies that were sent, by the class of the response's status, or `none`, and then by prefix. */
  readonly #copies = new Map<string, Map<string | undefined, number>>();
  /** Copies that were not sent, by the reason and then by prefix. */
  readonly #droppedCopies = new Map<string, Map<string | undefined, number>>();
  #droppedFields = 0;

  /** @param instances the table at this moment */
  constructor(instances: readonly Instance[]) {
    for (const instance of instances) this.#enter(instance);
  }

  apply({ type, instance }: Change): void {
    if (type === 'left' || type === 'forgotten') this.#instances.delete(instance.key);
    else this.#enter(instance);
  }

  readonly countRequest = (request: RequestSummary): void => {
    const { route, instance, problem, filter, status, grpcStatus, ms, upstreamMs } = request;
    const routed = this.#route(route);
    countResponse(routed, request);
    this.#version(request.httpVersion, 1);
    // How long a tunnel stays open says nothing about the gateway.
    if (status !== SWITCHED) observeSeconds(routed, ms / 1000);
    // The proxy and routing answer with nothing else.
    if (problem !== undefined) this.#problem(problem as ProblemCode, 1);
    if (filter !== undefined) countBy(this.#filters, filter, route, 1);
    if (grpcStatus !== undefined) countBy(this.#grpc, grpcStatus, route, 1);
    const counts = instance === undefined ? undefined : this.#instance(instance);
    if (counts === undefined) return;
    countResponse(counts, request);
    if (upstreamMs !== undefined) observeSeconds(counts, upstreamMs / 1000);
  };

  /** A field of a request was dropped because its name has a `_`. */
  readonly fieldDropped = (): void => {
    this.#droppedFields++;
  };

  retried(prefix: string, key: string): void {
    this.#event(prefix, key, AT.retries);
  }

  ejected(prefix: string, key: string): void {
    this.#event(prefix, key, AT.ejections);
  }

  mirrored(prefix: string, status: number | undefined): void {
    const outcome = status === undefined ? 'none' : `${classOf(status)}xx`;
    countBy(this.#copies, outcome, prefix, 1);
  }

  mirrorDropped(prefix: string, reason: CopyDrop): void {
    countBy(this.#droppedCopies, reason, prefix, 1);
  }

  /** Drops the counts of a route that is not known any more. */
  forgetRoute(prefix: string): void {
    this.#routes.delete(prefix);
    for (const all of [this.#filters, this.#grpc, this.#copies, this.#droppedCopies])
      for (const counts of all.values()) counts.delete(prefix);
  }

  /** Returns the counts and resets them. */
  take(): TrafficDelta {
    const routes = [...this.#routes];
    const instances = [...this.instances()];
    const problems = [...this.#problems];
    const filters = [...this.filters()];
    const versions = [...this.#versions];
    const grpc = [...this.grpcCalls()];
    const copies = [...this.copies()];
    const droppedCopies = [...this.droppedCopies()];
    const droppedFields = this.#droppedFields;
    this.#routes.clear();
    for (const instance of this.#instances.values()) instance.counts = undefined;
    this.#problems.clear();
    this.#filters.clear();
    this.#versions.clear();
    this.#grpc.clear();
    this.#copies.clear();
    this.#droppedCopies.clear();
    this.#droppedFields = 0;
    return {
      routes,
      instances,
      problems,
      filters,
      droppedFields,
      versions,
      grpc,
      copies,
      droppedCopies,
    };
  }

  /** Adds the counts of another process. */
  add(delta: TrafficDelta): void {
    this.#droppedFields += delta.droppedFields;
    for (const [version, more] of delta.versions) this.#version(version, more);
    for (const [prefix, more] of delta.routes) addCounts(this.#route(prefix), more);
    for (const [key, more] of delta.instances) {
      const counts = this.#instance(key);
      if (counts !== undefined) addCounts(counts, more);
    }
    for (const [code, more] of delta.problems) this.#problem(code, more);
    addBy(this.#filters, delta.filters);
    addBy(this.#grpc, delta.grpc);
    addBy(this.#copies, delta.copies);
    addBy(this.#droppedCopies, delta.droppedCopies);
  }

  routes(): Iterable<readonly [prefix: string | undefined, Counts]> {
    return this.#routes;
  }

  /** Instances that received requests. */
  *instances(): Iterable<readonly [key: string, Counts]> {
    for (const [key, { counts }] of this.#instances) if (counts !== undefined) yield [key, counts];
  }

  /** Returns the prefix of an instance in the table. */
  prefixOf(key: string): string | undefined {
    return this.#instances.get(key)?.prefix;
  }

  filters(): Iterable<FilterAnswers> {
    return listed(this.#filters);
  }

  grpcCalls(): Iterable<GrpcCalls> {
    return listed(this.#grpc);
  }

  /** Copies of requests that were sent to a mirror. */
  copies(): Iterable<CopyCounts> {
    return listed(this.#copies);
  }

  /** Copies of requests that were not sent, though their requests were drawn. */
  droppedCopies(): Iterable<CopyCounts> {
    return listed(this.#droppedCopies);
  }

  /** Requests by the version of HTTP that clients used. */
  versions(): Iterable<readonly [version: string, number]> {
    return this.#versions;
  }

  /** Fields of requests that were dropped because their name has a `_`. */
  get droppedFields(): number {
    return this.#droppedFields;
  }

  problems(): Iterable<readonly [ProblemCode, number]> {
    return this.#problems;
  }

  #route(prefix: string | undefined): Counts {
    let counts = this.#routes.get(prefix);
    if (counts === undefined) this.#routes.set(prefix, (counts = newCounts()));
    return counts;
  }

  #enter({ key, announcement: { prefix } }: Instance): void {
    // Under another prefix its counts start anew, because each is labelled with one route.
    if (this.prefixOf(key) !== prefix) this.#instances.set(key, { prefix, counts: undefined });
  }

  #instance(key: string): Counts | undefined {
    const instance = this.#instances.get(key);
    return instance && (instance.counts ??= newCounts());
  }

  #event(prefix: string, key: string, at: number): void {
    increase(this.#route(prefix), at, 1);
    const counts = this.#instance(key);
    if (counts !== undefined) increase(counts, at, 1);
  }

  #version(version: string, by: number): void {
    this.#versions.set(version, (this.#versions.get(version) ?? 0) + by);
  }

  #problem(code: ProblemCode, by: number): void {
    this.#problems.set(code, (this.#problems.get(code) ?? 0) + by);
  }
}

function countResponse(
  counts: Counts,
  { status, grpcStatus, isAborted, requestBytes, responseBytes, transformedBytes }: RequestSummary,
): void {
  increase(counts, AT.statuses + classOf(status) - 1, 1);
  if (isAborted) increase(counts, AT.aborted, 1);
  else if (status < 500 && isGrpcFailure(grpcStatus)) increase(counts, AT.grpcFailures, 1);
  increase(counts, AT.requestBytes, requestBytes);
  increase(counts, AT.responseBytes, responseBytes);
  if (transformedBytes === 0) return;
  increase(counts, AT.transformInputBytes, transformedBytes);
  increase(counts, AT.transformOutputBytes, responseBytes);
}

/** A status may have any three digits; an unknown class counts as 5xx (RFC 9110 §15). */
function classOf(status: number): number {
  return Math.min(Math.floor(status / 100), 5);
}

/** Counts by a name and then by route. */
type CountsBy<Name> = Map<Name, Map<string | undefined, number>>;
type ListedBy<Name> = readonly [Name, readonly (readonly [string | undefined, number])[]];

function* listed<Name>(all: CountsBy<Name>): Iterable<ListedBy<Name>> {
  for (const [name, counts] of all) yield [name, [...counts]];
}

function addBy<Name>(all: CountsBy<Name>, more: readonly ListedBy<Name>[]): void {
  for (const [name, counts] of more)
    for (const [prefix, by] of counts) countBy(all, name, prefix, by);
}

function countBy<Name>(
  all: CountsBy<Name>,
  name: Name,
  prefix: string | undefined,
  by: number,
): void {
  let counts = all.get(name);
  if (counts === undefined) all.set(name, (counts = new Map()));
  counts.set(prefix, (counts.get(prefix) ?? 0) + by);
}
