import { isDeepStrictEqual } from 'node:util';
import type { Instance } from '@rollcall/client';
import type { AnnouncedPolicy } from '@rollcall/protocol';
import { Balancer } from '../balancing/balancer.ts';
import { hashKey } from '../balancing/hash-key.ts';
import { RetryBudget } from '../balancing/retry-budget.ts';
import { problem } from '../problem.ts';
import type { RequestView, Decide, Decision } from '@rollcall/proxy';
import { StatsRegistry } from '../balancing/instance-stats.ts';
import type { DomainMatcher } from './domain.ts';
import { Forwarding } from './forwarding.ts';
import type { RoutingEvents, Service } from './forwarding.ts';
import { askedBy } from './policy.ts';
import type { RoutePolicy } from './policy.ts';
import { matchRoute } from './route.ts';

/** What routing needs of the table. */
export interface RoutingTable {
  knows(prefix: string): boolean;
  /** Those that may be sent requests. */
  routable(prefix: string): readonly Instance[];
}

/** How a router routes. */
export interface RoutingRules {
  readonly isOwnHost: DomainMatcher;
  /** How the requests of a canonical prefix are served, if an instance has asked for something. */
  readonly policyOf: (prefix: string, asked?: AnnouncedPolicy) => RoutePolicy;
}

export interface RouterOptions {
  readonly table: RoutingTable;
  readonly rules: RoutingRules;
  /** Default: nobody counts. */
  readonly events?: RoutingEvents | undefined;
  /** From 0 to 1, as Math.random. */
  readonly random: () => number;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

const NOBODY: ReadonlySet<string> = new Set();

/** Who a request goes to: by host, then by longest prefix, then among the instances as they are balanced. */
export class Router {
  readonly #table: RoutingTable;
  readonly #events: RoutingEvents | undefined;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #stats = new StatsRegistry();
  readonly #services = new Map<string, Service>();
  /** One for each prefix, whatever the rules: requests on their way have it too, and it has to hear of each change. */
  readonly #balancers = new Map<string, Balancer>();
  /** Prefixes of which the instances are others than at the last request. */
  readonly #changed = new Set<string>();
  #rules: RoutingRules;

  constructor({ table, rules, events, random, now }: RouterOptions) {
    this.#table = table;
    this.#rules = rules;
    this.#events = events;
    this.#random = random;
    this.#now = now;
  }

  readonly decide: Decide = (request) => {
    const { target } = request;
    if (!this.#rules.isOwnHost(request.host)) {
      return problem(
        'unknown-host',
        'Set DOMAIN to the host that clients use, or to * for any host.',
      );
    }
    if (!target.startsWith('/'))
      return problem('bad-target', 'The request target must start with "/".');
    const match = matchRoute(target, (prefix) => this.#table.knows(prefix));
    if (match === undefined) {
      return problem('unknown-route', 'No service has registered a prefix of this path.');
    }
    const service = this.#service(match.prefix);
    return this.#forward(service, service.policy.strip ? match.target : target, request);
  };

  /** The instances of a prefix are others than before. */
  instancesChanged(prefix: string): void {
    this.#balancers.get(prefix)?.instancesChanged();
    if (this.#services.has(prefix)) this.#changed.add(prefix);
  }

  /** An instance has gone. */
  forget(key: string): void {
    this.#stats.forget(key);
  }

  /**
   * Other rules from now on. What is known of how instances answer stays; requests on their way keep their limits.
   */
  configure(rules: RoutingRules): void {
    this.#rules = rules;
    this.#services.clear();
  }

  /** What each instance has in flight, of those that have anything. */
  *inFlight(): Iterable<readonly [key: string, requests: number]> {
    for (const [key, { inFlight }] of this.#stats.all()) if (inFlight > 0) yield [key, inFlight];
  }

  #forward(service: Service, target: string, asked: RequestView): Decision {
    const { prefix, policy, balancer, budget, now } = service;
    const instances = service.instances();
    if (instances.length === 0) {
      const detail = `No instance of ${prefix || '/'} is there or well; try again soon.`;
      return problem('no-instance', detail, prefix);
    }
    const key = balancer.needsHashKey ? hashKey(policy.hashBy, asked) : '';
    const at = now();
    const picked = balancer.pick(instances, NOBODY, at, key);
    if (picked === undefined) {
      const detail = `Every instance of ${prefix || '/'} has all the requests that it may have.`;
      return problem('overloaded', detail, prefix);
    }
    budget.deposit();
    return new Forwarding(service, target, picked, key, at);
  }

  /** Waits for a request: of many changes, as when a gateway starts, each would look at all instances. */
  #review(prefix: string): void {
    const service = this.#services.get(prefix);
    if (service === undefined) return;
    const asked = askedBy(service.instances());
    if (!isDeepStrictEqual(service.asked, asked)) this.#services.delete(prefix);
  }

  #service(prefix: string): Service {
    if (this.#changed.size > 0 && this.#changed.delete(prefix)) this.#review(prefix);
    let service = this.#services.get(prefix);
    if (service === undefined) {
      const asked = askedBy(this.#table.routable(prefix));
      const policy = this.#rules.policyOf(prefix, asked);
      const { retries } = policy;
      service = {
        prefix,
        asked,
        policy,
        instances: () => this.#table.routable(prefix),
        balancer: this.#balancer(prefix, policy),
        budget: new RetryBudget(retries, this.#now()),
        events: this.#events,
        now: this.#now,
      };
      this.#services.set(prefix, service);
    }
    return service;
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
