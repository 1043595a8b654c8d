import type { Instance } from '@rollcall/client';
import { proxyProblem } from '@rollcall/proxy';
import type { Decide, Decision, RequestView } from '@rollcall/proxy';
import { Balancer } from '../balancing/balancer.ts';
import type { Ejection } from '../balancing/balancer.ts';
import { hashKey } from '../balancing/hash-key.ts';
import { StatsRegistry } from '../balancing/instance-stats.ts';
import { RetryBudget } from '../balancing/retry-budget.ts';
import { starting, unknownHost, unknownRoute } from '../problem.ts';
import type { Evidence } from '../rollout/evidence.ts';
import type { Split } from '../rollout/split.ts';
import { Forwarding, unavailable } from './forwarding.ts';
import type { Route, RoutingEvents } from './forwarding.ts';
import type { RoutePolicy } from './policy.ts';
import { otherReadings } from './readings.ts';
import { matchRoute, maxSegmentsOf, segmentsOf } from './route.ts';
import { RouteMirror } from './route-mirror.ts';
import type { RouteRule, RoutingRules } from './rules.ts';
import { RoutedService } from './routed-service.ts';
import type { RoutingTable } from './routed-service.ts';
import type { Site } from './sites.ts';
import type { TlsFor } from './upstream-of.ts';
import { VersionChooser } from './version-choice.ts';

export interface RouterOptions {
  readonly table: RoutingTable;
  readonly rules: RoutingRules;
  readonly events?: RoutingEvents | undefined;
  /** Whether the table was received from the registry: see {@link Router.tableCompleted}. Default: true. */
  readonly isTableComplete?: boolean | undefined;
  readonly tlsFor: TlsFor;
  /** Returns a number from 0 to 1, as Math.random does. */
  readonly random: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

const NOT_A_PATH = proxyProblem('bad-target', 'The request target must be a path.');
const NOT_REWRITTEN = proxyProblem(
  'path-escapes-route',
  'The path has a `..`, which a route that rewrites paths does not take.',
);
const AMBIGUOUS = proxyProblem(
  'path-escapes-route',
  'The path can be read as one of another route, with its dots, slashes or encoded characters resolved.',
);
const NONE_TRIED: ReadonlySet<string> = new Set();

/** The route of a target. */
interface Located {
  readonly route: Route;
  /** The target without the prefix of the route. */
  readonly stripped: string;
}

/** What is found of a route that does not say how it is served. */
const ENTRY = 'entry';

/** The balancer of a route, and what it balances. */
interface RouteBalancer {
  /** The key of the route. */
  readonly key: string;
  readonly balancer: Balancer;
  readonly service: RoutedService;
}

/**
 * Routes requests: by host, then by the longest prefix, then by the cases of the route, then to the instance that the
 * balancer picks.
 */
export class Router {
  readonly #table: RoutingTable;
  readonly #events: RoutingEvents | undefined;
  readonly #tlsFor: TlsFor;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #stats = new StatsRegistry();
  /** By the id of their rule, as all of these. */
  readonly #routes = new Map<string, Route>();
  /** They outlive a change of the rules, because requests in flight still report to them. */
  readonly #balancers = new Map<string, RouteBalancer>();
  /** What serves the routes, by its name. */
  readonly #services = new Map<string, RoutedService>();
  readonly #versions: VersionChooser;
  #rules: RoutingRules;
  #isTableComplete: boolean;
  /** The most segments that a prefix of the table has had. */
  #maxSegments: number;

  constructor(options: RouterOptions) {
    const { table, rules, events, isTableComplete = true, tlsFor, random, now } = options;
    this.#tlsFor = tlsFor;
    this.#isTableComplete = isTableComplete;
    this.#table = table;
    this.#maxSegments = maxSegmentsOf(table.prefixes());
    this.#rules = rules;
    this.#events = events;
    this.#random = random;
    this.#versions = new VersionChooser(random);
    this.#now = now;
  }

  readonly decide: Decide = (request) => {
    const { host, target } = request;
    const { sitesOf, filters } = this.#rules;
    const sites = sitesOf(host);
    if (sites.length === 0) return { type: 'answer', problem: unknownHost(host), filters };
    if (!target.startsWith('/')) return { type: 'answer', problem: NOT_A_PATH, filters };
    const found = this.#locate(sites, target);
    if (found === undefined) {
      const problem = this.#isTableComplete ? unknownRoute() : starting();
      return { type: 'answer', problem, filters };
    }
    if (this.#isAmbiguous(sites, target, found))
      return { type: 'answer', problem: AMBIGUOUS, filters };
    const route = this.#choose(found.route, request);
    return this.#forward(route, route.policy.strip ? found.stripped : target, request);
  };

  /** Whether any site has this Host. */
  readonly servesHost = (host: string): boolean => this.#rules.sitesOf(host).length > 0;

  /** Returns the route of a request, or the case of it; undefined if it has none. */
  routeOf(request: RequestView): Route | undefined {
    const found = this.#locate(this.#rules.sitesOf(request.host), request.target);
    return found && this.#choose(found.route, request);
  }

  #locate(sites: readonly Site[], target: string): Located | undefined {
    for (const site of sites) {
      const found = this.#locateAt(site, target);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Whether an instance may read a path as one of another route, whose filters it would not have passed. */
  #isAmbiguous(sites: readonly Site[], target: string, { route }: Located): boolean {
    for (const reading of otherReadings(target)) {
      const other = this.#locate(sites, reading);
      if (other !== undefined && other.route !== route) return true;
    }
    return false;
  }

  /** An entry that does not say how it is served is served as the longest route above it. */
  #locateAt(site: Site, target: string): Located | undefined {
    const { hasRoute, keyOf } = site;
    const serving = (prefix: string): Route | undefined => this.#serving(site, prefix);
    const maxSegments = Math.max(this.#maxSegments, this.#rules.maxSegments);
    const match = matchRoute(
      target,
      maxSegments,
      (prefix) => serving(prefix) ?? this.#entry(site, prefix),
    );
    if (match === undefined) return undefined;
    const { found, prefix, target: stripped } = match;
    if (found !== ENTRY) return { route: found, stripped };
    const key = keyOf(prefix);
    const above = matchRoute(target, maxSegments, serving);
    if (above !== undefined)
      return {
        route: this.#route(this.#rules.within(key, keyOf(above.prefix))),
        stripped: above.target,
      };
    return hasRoute === undefined ? undefined : { route: this.#route(key), stripped };
  }

  /** Returns the route of a prefix at a site, if it says itself how it is served. */
  #serving({ hasRoute, keyOf }: Site, prefix: string): Route | undefined {
    if (hasRoute?.(prefix) === false) return undefined;
    const key = keyOf(prefix);
    const route = this.#routes.get(key);
    const { servesItself } = this.#rules;
    // What has been asked before is found at once. The id of a case is not a key.
    if (route?.rule.key === key && (route.service.isKnown || servesItself(key)))
      return this.#upToDate(route);
    return this.#table.knows(prefix) || servesItself(key) ? this.#route(key) : undefined;
  }

  #entry({ hasRoute }: Site, prefix: string): typeof ENTRY | undefined {
    return (hasRoute ?? this.#rules.hasEntry)(prefix) ? ENTRY : undefined;
  }

  /** The first case whose conditions hold takes precedence over the route itself. */
  #choose(route: Route, request: RequestView): Route {
    const { cases } = route.rule;
    if (cases.length === 0) return route;
    const found = cases.find(({ condition }) => condition(request));
    return found === undefined ? route : this.#route(found.id);
  }

  /**
   * The table was received from the registry: a prefix that it lacks is unknown. Before that, its requests receive 503,
   * because a service may well have registered it.
   */
  tableCompleted(): void {
    this.#isTableComplete = true;
  }

  /** Notes that the instances of a service changed. */
  instancesChanged(service: string): void {
    this.#maxSegments = Math.max(this.#maxSegments, segmentsOf(service));
    const changed = this.#services.get(service);
    if (changed === undefined) return;
    changed.instancesChanged();
    for (const id of changed.routes) this.#balancers.get(id)?.balancer.instancesChanged();
  }

  /** Drops the statistics of an instance that left. */
  forget(key: string): void {
    this.#stats.forget(key);
  }

  /** Drops what is kept of a prefix without instances. Requests in flight have their own route. */
  forgetPrefix(prefix: string): void {
    this.#routes.delete(prefix);
    this.#balancers.delete(prefix);
    const service = this.#services.get(prefix);
    service?.forget();
    if (service !== undefined) this.#unserve(prefix, service);
  }

  /** Replaces the rules. Statistics of instances stay; requests in flight keep their limits and filters. */
  configure(rules: RoutingRules): void {
    this.#rules = rules;
    this.#routes.clear();
    for (const [id, { key, service }] of this.#balancers)
      if (!rules.hasEntry(key) && !this.#table.knows(key)) this.#unserve(id, service);
  }

  /** A service serves a route no longer. One that serves none is not kept; requests in flight may still ask it. */
  #unserve(id: string, service: RoutedService): void {
    this.#balancers.delete(id);
    service.routes.delete(id);
    if (service.routes.size > 0) return;
    service.forget();
    this.#services.delete(service.name);
  }

  /** Shares the requests of a service among versions from now on; undefined ends that. */
  split(service: string, split: Split | undefined): void {
    this.#versions.split(service, split);
  }

  /** Returns what was observed of versions since the last time. */
  takeEvidence(): Evidence[] {
    return this.#versions.takeEvidence();
  }

  /** Returns the requests in flight to each instance that has any. */
  *inFlight(): Iterable<readonly [key: string, requests: number]> {
    for (const [key, { inFlight }] of this.#stats.all()) if (inFlight > 0) yield [key, inFlight];
  }

  /** Returns the instances that answered a request after a time, and when they last did. */
  *servedSince(time: number): Iterable<readonly [key: string, at: number]> {
    for (const [key, { servedAt }] of this.#stats.all()) if (servedAt > time) yield [key, servedAt];
  }

  /** Returns the ejections that have not ended, one for each instance, though it may serve several routes. */
  ejections(): Ejection[] {
    const now = this.#now();
    const all = [...this.#balancers.values()].flatMap(({ balancer, service }) =>
      balancer.ejections(service.instances, now),
    );
    return [...new Map(all.map((each) => [each.key, each])).values()];
  }

  #forward(route: Route, stripped: string, request: RequestView): Decision {
    const { rule, policy, service, balancer, budget, now } = route;
    const target = policy.rewritten === undefined ? stripped : policy.rewritten(stripped);
    if (target === undefined)
      return { type: 'answer', problem: NOT_REWRITTEN, route: rule.key, filters: policy.filters };
    const key = balancer.needsHashKey ? hashKey(policy.hashBy, request) : '';
    // Filters may answer without an instance, or take their time: one is picked when they are through.
    const version = this.#versions.choose(route, request);
    if (policy.filters.length > 0) return new Forwarding(route, target, key, version);
    const { instances } = service;
    const at = now();
    const isWanted = version && ((instance: Instance) => version.wants(instance, false));
    const picked =
      instances.length === 0 ? undefined : balancer.pick(instances, NONE_TRIED, at, key, isWanted);
    if (picked === undefined)
      return { type: 'answer', problem: unavailable(route), route: rule.key };
    budget.deposit();
    return new Forwarding(route, target, key, version, { instance: picked, at });
  }

  #route(id: string): Route {
    const route = this.#routes.get(id);
    return route === undefined ? this.#createRoute(id) : this.#upToDate(route);
  }

  /** Returns the route, or a new one if its instances announce another policy now. */
  #upToDate(route: Route): Route {
    return route.announced === route.service.announced ? route : this.#createRoute(route.rule.id);
  }

  #createRoute(id: string): Route {
    const rule = this.#rules.ruleOf(id);
    const service = this.#service(rule.service);
    const { announced } = service;
    const policy = rule.policyOf(announced);
    service.routes.add(id);
    const route = {
      rule,
      announced,
      policy,
      service,
      balancer: this.#balancer(rule, service, policy),
      budget: new RetryBudget(policy.retries, this.#now()),
      mirror: this.#mirror(rule, service, policy),
      events: this.#events,
      tlsFor: this.#tlsFor,
      now: this.#now,
    };
    this.#routes.set(id, route);
    return route;
  }

  #service(name: string): RoutedService {
    let service = this.#services.get(name);
    if (service === undefined)
      this.#services.set(name, (service = new RoutedService(name, this.#table, this.#now)));
    return service;
  }

  #mirror(
    { key }: RouteRule,
    service: RoutedService,
    { versionRules, hostHeader }: RoutePolicy,
  ): RouteMirror | undefined {
    return (
      versionRules.mirror &&
      new RouteMirror({
        rules: versionRules.mirror,
        route: key,
        hostHeader,
        service,
        events: this.#events,
        tlsFor: this.#tlsFor,
        random: this.#random,
      })
    );
  }

  #balancer({ id, key }: RouteRule, service: RoutedService, policy: RoutePolicy): Balancer {
    const { balancing: rules, ejection } = policy;
    const known = this.#balancers.get(id)?.balancer;
    known?.configure(rules, ejection);
    const balancer =
      known ?? new Balancer({ rules, ejection, stats: this.#stats, random: this.#random });
    this.#balancers.set(id, { key, balancer, service });
    return balancer;
  }
}
