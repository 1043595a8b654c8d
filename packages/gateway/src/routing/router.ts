import { isDeepStrictEqual } from 'node:util';
import type { Instance } from '@rollcall/client';
import type { AnnouncedPolicy } from '@rollcall/protocol';
import { proxyProblem } from '@rollcall/proxy';
import type { Decide, Decision, Filter, RequestView } from '@rollcall/proxy';
import { Balancer } from '../balancing/balancer.ts';
import type { Ejection } from '../balancing/balancer.ts';
import { hashKey } from '../balancing/hash-key.ts';
import { StatsRegistry } from '../balancing/instance-stats.ts';
import { RetryBudget } from '../balancing/retry-budget.ts';
import { noInstance, overloaded, starting, unknownHost, unknownRoute } from '../problem.ts';
import type { DomainMatcher } from './domain.ts';
import { Forwarding } from './forwarding.ts';
import type { Route, RoutingEvents } from './forwarding.ts';
import { announcedPolicy } from './policy.ts';
import type { RoutePolicy } from './policy.ts';
import { matchRoute } from './route.ts';

/** The part of the table that routing needs. */
export interface RoutingTable {
  knows(prefix: string): boolean;
  /** Returns the instances that receive traffic. */
  routable(prefix: string): readonly Instance[];
}

/** What a configuration says about routing. */
export interface RoutingRules {
  readonly isOwnHost: DomainMatcher;
  /** Returns the policy of a canonical prefix, given what its instances announce. */
  readonly policyOf: (prefix: string, announced?: AnnouncedPolicy) => RoutePolicy;
  /** Whether the configuration makes a prefix a route, though no service has registered it. */
  readonly hasRoute: (prefix: string) => boolean;
  /** What responses to requests without a route pass. */
  readonly filters: readonly Filter[];
}

export interface RouterOptions {
  readonly table: RoutingTable;
  readonly rules: RoutingRules;
  readonly events?: RoutingEvents | undefined;
  /** Whether the table was received from the registry: see {@link Router.tableCompleted}. Default: true. */
  readonly isTableComplete?: boolean | undefined;
  /** Returns a number from 0 to 1, as Math.random does. */
  readonly random: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

const NOT_A_PATH = proxyProblem('bad-target', 'The request target must be a path.');
const NONE_TRIED: ReadonlySet<string> = new Set();

/** Routes requests: by host, then by the longest prefix, then to the instance that the balancer picks. */
export class Router {
  readonly #table: RoutingTable;
  readonly #events: RoutingEvents | undefined;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #stats = new StatsRegistry();
  readonly #routes = new Map<string, Route>();
  /** By prefix. They outlive a change of the rules, because requests in flight still report to them. */
  readonly #balancers = new Map<string, Balancer>();
  /** Prefixes whose instances changed since the last request. */
  readonly #changed = new Set<string>();
  #rules: RoutingRules;
  #isTableComplete: boolean;

  constructor({ table, rules, events, isTableComplete = true, random, now }: RouterOptions) {
    this.#isTableComplete = isTableComplete;
    this.#table = table;
    this.#rules = rules;
    this.#events = events;
    this.#random = random;
    this.#now = now;
  }

  readonly decide: Decide = (request) => {
    const { host, target } = request;
    const { isOwnHost, filters } = this.#rules;
    if (!isOwnHost(host)) return { type: 'answer', problem: unknownHost(host), filters };
    if (!target.startsWith('/')) return { type: 'answer', problem: NOT_A_PATH, filters };
    const match = matchRoute(target, this.#isRoute);
    if (match === undefined) {
      const problem = this.#isTableComplete ? unknownRoute() : starting();
      return { type: 'answer', problem, filters };
    }
    const route = this.#route(match.prefix);
    return this.#forward(route, route.policy.strip ? match.target : target, request);
  };

  readonly #isRoute = (prefix: string): boolean =>
    this.#table.knows(prefix) || this.#rules.hasRoute(prefix);

  /**
   * The table was received from the registry: a prefix that it lacks is unknown. Before that, its requests receive 503,
   * because a service may well have registered it.
   */
  tableCompleted(): void {
    this.#isTableComplete = true;
  }

  /** Notes that the instances of a prefix changed. */
  instancesChanged(prefix: string): void {
    this.#balancers.get(prefix)?.instancesChanged();
    if (this.#routes.has(prefix)) this.#changed.add(prefix);
  }

  /** Drops the statistics of an instance that left. */
  forget(key: string): void {
    this.#stats.forget(key);
  }

  /** Drops what is kept of a prefix without instances. Requests in flight have their own route. */
  forgetPrefix(prefix: string): void {
    this.#routes.delete(prefix);
    this.#balancers.delete(prefix);
    this.#changed.delete(prefix);
  }

  /** Replaces the rules. Statistics of instances stay; requests in flight keep their limits and filters. */
  configure(rules: RoutingRules): void {
    this.#rules = rules;
    this.#routes.clear();
  }

  /** Returns the requests in flight to each instance that has any. */
  *inFlight(): Iterable<readonly [key: string, requests: number]> {
    for (const [key, { inFlight }] of this.#stats.all()) if (inFlight > 0) yield [key, inFlight];
  }

  /** Returns the instances that answered a request after a time, and when they last did. */
  *servedSince(time: number): Iterable<readonly [key: string, at: number]> {
    for (const [key, { servedAt }] of this.#stats.all()) if (servedAt > time) yield [key, servedAt];
  }

  /** Returns the ejections that have not ended. */
  ejections(): Ejection[] {
    const now = this.#now();
    return [...this.#balancers].flatMap(([prefix, balancer]) =>
      balancer.ejections(this.#table.routable(prefix), now),
    );
  }

  #forward(route: Route, target: string, request: RequestView): Decision {
    const { prefix, policy, balancer, budget, now } = route;
    const key = balancer.needsHashKey ? hashKey(policy.hashBy, request) : '';
    // Filters may answer without an instance, or take their time: one is picked when they are through.
    if (policy.filters.length > 0) return new Forwarding(route, target, key);
    const instances = route.instances();
    if (instances.length === 0) return { type: 'answer', problem: noInstance(prefix), prefix };
    const at = now();
    const picked = balancer.pick(instances, NONE_TRIED, at, key);
    if (picked === undefined) {
      const { maxInFlight } = policy.balancing;
      return { type: 'answer', problem: overloaded(prefix, maxInFlight), prefix };
    }
    budget.deposit();
    return new Forwarding(route, target, key, { instance: picked, at });
  }

  /** Only at a request, because a gateway that starts receives thousands of changes. */
  #dropIfPolicyChanged(prefix: string): void {
    const route = this.#routes.get(prefix);
    if (route === undefined) return;
    const announced = announcedPolicy(route.instances());
    if (!isDeepStrictEqual(route.announced, announced)) this.#routes.delete(prefix);
  }

  #route(prefix: string): Route {
    if (this.#changed.size > 0 && this.#changed.delete(prefix)) this.#dropIfPolicyChanged(prefix);
    let route = this.#routes.get(prefix);
    if (route === undefined) this.#routes.set(prefix, (route = this.#createRoute(prefix)));
    return route;
  }

  #createRoute(prefix: string): Route {
    const announced = announcedPolicy(this.#table.routable(prefix));
    const policy = this.#rules.policyOf(prefix, announced);
    return {
      prefix,
      announced,
      policy,
      isRegistered: () => this.#table.knows(prefix),
      instances: () => this.#table.routable(prefix),
      balancer: this.#balancer(prefix, policy),
      budget: new RetryBudget(policy.retries, this.#now()),
      events: this.#events,
      now: this.#now,
    };
  }

  #balancer(prefix: string, { balancing: rules, ejection }: RoutePolicy): Balancer {
    const known = this.#balancers.get(prefix);
    known?.configure(rules, ejection);
    if (known !== undefined) return known;
    const balancer = new Balancer({ rules, ejection, stats: this.#stats, random: this.#random });
    this.#balancers.set(prefix, balancer);
    return balancer;
  }
}
