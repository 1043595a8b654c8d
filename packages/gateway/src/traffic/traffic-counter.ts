import type { Change, Instance } from '@rollcall/client';
import type { RequestSummary } from '@rollcall/proxy';
import type { ProblemCode } from '../problem.ts';
import type { RoutingEvents } from '../routing/forwarding.ts';
import { addCounts, AT, increase, newCounts, observeSeconds } from './counts.ts';
import type { Counts } from './counts.ts';

/** The counts since the previous delta. */
export interface TrafficDelta {
  readonly routes: readonly (readonly [prefix: string | undefined, Counts])[];
  readonly instances: readonly (readonly [key: string, Counts])[];
  readonly problems: readonly (readonly [ProblemCode, number])[];
}

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

  /** @param instances the table at this moment */
  constructor(instances: readonly Instance[]) {
    for (const instance of instances) this.#enter(instance);
  }

  apply({ type, instance }: Change): void {
    if (type === 'left' || type === 'forgotten') this.#instances.delete(instance.key);
    else this.#enter(instance);
  }

  readonly countRequest = (exchanged: RequestSummary): void => {
    const { prefix, instance, problem, status, ms, upstreamMs } = exchanged;
    const route = this.#route(prefix);
    countResponse(route, exchanged);
    // How long a tunnel stays open says nothing about the gateway.
    if (status !== SWITCHED) observeSeconds(route, ms / 1000);
    // The proxy and routing answer with nothing else.
    if (problem !== undefined) this.#problem(problem as ProblemCode, 1);
    const counts = instance === undefined ? undefined : this.#instance(instance);
    if (counts === undefined) return;
    countResponse(counts, exchanged);
    if (upstreamMs !== undefined) observeSeconds(counts, upstreamMs / 1000);
  };

  retried(prefix: string, key: string): void {
    this.#event(prefix, key, AT.retries);
  }

  ejected(prefix: string, key: string): void {
    this.#event(prefix, key, AT.ejections);
  }

  /** Returns the counts and resets them. */
  take(): TrafficDelta {
    const routes = [...this.#routes];
    const instances = [...this.instances()];
    const problems = [...this.#problems];
    this.#routes.clear();
    for (const instance of this.#instances.values()) instance.counts = undefined;
    this.#problems.clear();
    return { routes, instances, problems };
  }

  /** Adds the counts of another process. */
  add({ routes, instances, problems }: TrafficDelta): void {
    for (const [prefix, more] of routes) addCounts(this.#route(prefix), more);
    for (const [key, more] of instances) {
      const counts = this.#instance(key);
      if (counts !== undefined) addCounts(counts, more);
    }
    for (const [code, more] of problems) this.#problem(code, more);
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

  #problem(code: ProblemCode, by: number): void {
    this.#problems.set(code, (this.#problems.get(code) ?? 0) + by);
  }
}

function countResponse(
  counts: Counts,
  { status, isCut, requestBytes, responseBytes }: RequestSummary,
): void {
  // A status may have any three digits; an unknown class counts as 5xx (RFC 9110 §15).
  const digit = Math.min(Math.floor(status / 100), 5);
  increase(counts, AT.statuses + digit - 1, 1);
  if (isCut) increase(counts, AT.aborted, 1);
  increase(counts, AT.requestBytes, requestBytes);
  increase(counts, AT.responseBytes, responseBytes);
}
