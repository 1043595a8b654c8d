import type { Instance } from '@rollcall/client';
import { Balancer } from '../balancing/balancer.ts';
import type { BalancerOptions } from '../balancing/balancer.ts';
import { RetryBudget } from '../balancing/retry-budget.ts';
import type { ProblemCode } from '../problem.ts';
import type { Asked, Decide, Decision } from '../proxy/engine.ts';
import type { DomainMatcher } from './domain.ts';
import { Forwarding } from './forwarding.ts';
import type { RoutingEvents, Service } from './forwarding.ts';
import { hashKey } from './hash-key.ts';
import type { HashBy } from './hash-key.ts';
import { matchRoute } from './route.ts';

/** What routing needs of the table. */
export interface Instances {
  knows(prefix: string): boolean;
  /** Those that may be sent requests. */
  routable(prefix: string): readonly Instance[];
}

export interface RouterOptions {
  readonly table: Instances;
  readonly isOurs: DomainMatcher;
  readonly balancing: BalancerOptions;
  /** With the policy `hash`, what requests are told apart by. Default: the client's address. */
  readonly hashBy?: HashBy;
  /** Default: nobody counts. */
  readonly events?: RoutingEvents | undefined;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

/** A fifth of requests may be sent again, and ten a second whatever comes: as Linkerd has it. */
const RETRIES = { share: 0.2, perSecond: 10 };

const NOBODY: ReadonlySet<string> = new Set();

/** Who a request goes to: by host, then by longest prefix, then among the instances as they are balanced. */
export class Router {
  readonly #table: Instances;
  readonly #isOurs: DomainMatcher;
  readonly #balancer: Balancer;
  /** Nothing unless the policy needs it: to find the key costs. */
  readonly #hashBy: HashBy | undefined;
  readonly #events: RoutingEvents | undefined;
  readonly #now: () => number;
  readonly #services = new Map<string, Service>();

  constructor({ table, isOurs, balancing, hashBy, events, now }: RouterOptions) {
    this.#table = table;
    this.#isOurs = isOurs;
    this.#balancer = new Balancer(balancing);
    this.#hashBy = balancing.policy === 'hash' ? (hashBy ?? { type: 'address' }) : undefined;
    this.#events = events;
    this.#now = now;
  }

  readonly decide: Decide = (host, target, asked) => {
    if (!this.#isOurs(host)) {
      return problem(
        'unknown-host',
        'Set DOMAIN to the host that clients use, or to * for any host.',
      );
    }
    if (!target.startsWith('/')) return problem('bad-target', 'It must start with "/".');
    const match = matchRoute(target, (prefix) => this.#table.knows(prefix));
    if (match === undefined) {
      return problem('unknown-route', 'No service has registered a prefix of this path.');
    }
    return this.#forward(this.#service(match.prefix), match.target, asked);
  };

  /** The instances of a prefix are others than before. */
  changed(prefix: string): void {
    this.#balancer.changed(prefix);
  }

  /** An instance has gone. */
  forget(key: string): void {
    this.#balancer.forget(key);
  }

  /** What each instance has in flight. */
  inFlight(): Iterable<readonly [key: string, requests: number]> {
    return this.#balancer.inFlight();
  }

  #forward(service: Service, target: string, asked: Asked): Decision {
    const { prefix, balancer, budget, now } = service;
    const instances = service.instances();
    if (instances.length === 0) {
      const detail = `No instance of ${prefix || '/'} is there or well; try again soon.`;
      return problem('no-instance', detail, prefix);
    }
    const key = this.#hashBy === undefined ? '' : hashKey(this.#hashBy, asked);
    const picked = balancer.pick(prefix, instances, NOBODY, now(), key);
    if (picked === undefined) {
      const detail = `Every instance of ${prefix || '/'} has all the requests that it may have.`;
      return problem('overloaded', detail, prefix);
    }
    budget.deposit();
    return new Forwarding(service, target, picked, key);
  }

  #service(prefix: string): Service {
    let service = this.#services.get(prefix);
    if (service === undefined) {
      service = {
        prefix,
        instances: () => this.#table.routable(prefix),
        balancer: this.#balancer,
        budget: new RetryBudget(RETRIES, this.#now()),
        events: this.#events,
        now: this.#now,
      };
      this.#services.set(prefix, service);
    }
    return service;
  }
}

function problem(code: ProblemCode, detail: string, prefix?: string): Decision {
  const answer = { type: 'answer', problem: { code, detail } } as const;
  return prefix === undefined ? answer : { ...answer, prefix };
}
