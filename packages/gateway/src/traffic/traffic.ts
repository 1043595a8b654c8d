import type { Change, Instance } from '@rollcall/client';
import type { RequestSummary } from '@rollcall/proxy';
import type { ProblemCode } from '../problem.ts';
import type { RoutingEvents } from '../routing/forwarding.ts';
import { addCounts, AT, increase, newCounts, observeSeconds } from './counts.ts';
import type { Counts } from './counts.ts';

/** What has been counted since it was last taken. */
export interface TrafficDelta {
  readonly routes: readonly (readonly [prefix: string | undefined, Counts])[];
  readonly instances: readonly (readonly [key: string, Counts])[];
  readonly problems: readonly (readonly [ProblemCode, number])[];
}

interface InstanceTraffic {
  readonly prefix: string;
  /** Nothing before its first request. */
  counts: Counts | undefined;
}

const SWITCHED = 101;

/**
 * Requests, errors and durations, by route and by instance. An instance is counted for while it is known to be
 * there, so that one that has gone leaves nothing behind, though its last answers come later.
 */
export class TrafficCounter implements RoutingEvents {
  /** By prefix; without one, what had no route. */
  readonly #routes = new Map<string | undefined, Counts>();
  /** Those that are there. */
  readonly #instances = new Map<string, InstanceTraffic>();
  readonly #problems = new Map<ProblemCode, number>();

  /** @param instances those that are there already */
  constructor(instances: readonly Instance[]) {
    for (const instance of instances) this.#enter(instance);
  }

  changed({ type, instance }: Change): void {
    if (type === 'left' || type === 'forgotten') this.#instances.delete(instance.key);
    else this.#enter(instance);
  }

  readonly count = (exchanged: RequestSummary): void => {
    const { prefix, instance, problem, status, ms, upstreamMs } = exchanged;
    const route = this.#route(prefix);
    note(route, exchanged);
    // A tunnel is as long as those at its ends have something to say.
    if (status !== SWITCHED) observeSeconds(route, ms / 1000);
    // The proxy and routing answer with nothing else.
    if (problem !== undefined) this.#problem(problem as ProblemCode, 1);
    const counts = instance === undefined ? undefined : this.#instance(instance);
    if (counts === undefined) return;
    note(counts, exchanged);
    if (upstreamMs !== undefined) observeSeconds(counts, upstreamMs / 1000);
  };

  retried(prefix: string, key: string): void {
    this.#event(prefix, key, AT.retries);
  }

  ejected(prefix: string, key: string): void {
    this.#event(prefix, key, AT.ejections);
  }

  /** Hands over what was counted: from here it begins at nothing. */
  take(): TrafficDelta {
    const routes = [...this.#routes];
    const instances = [...this.instances()];
    const problems = [...this.#problems];
    this.#routes.clear();
    for (const instance of this.#instances.values()) instance.counts = undefined;
    this.#problems.clear();
    return { routes, instances, problems };
  }

  /** Takes in what another process has counted. */
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

  /** Those that had requests. */
  *instances(): Iterable<readonly [key: string, Counts]> {
    for (const [key, { counts }] of this.#instances) if (counts !== undefined) yield [key, counts];
  }

  /** The prefix of an instance that is there. */
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
    // Under another prefix it begins anew: no request was counted for both.
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

function note(
  counts: Counts,
  { status, isCut, requestBytes, responseBytes }: RequestSummary,
): void {
  // A status may have any three digits; what is not known counts as 5xx (RFC 9110 §15).
  const digit = Math.min(Math.floor(status / 100), 5);
  increase(counts, AT.statuses + digit - 1, 1);
  if (isCut) increase(counts, AT.cut, 1);
  increase(counts, AT.requestBytes, requestBytes);
  increase(counts, AT.responseBytes, responseBytes);
}
