import type { Instance } from '@rollcall/client';
import { Balancer } from '../balancing/balancer.ts';
import type { BalancerOptions } from '../balancing/balancer.ts';
import { RetryBudget } from '../balancing/retry-budget.ts';
import type { ProblemCode } from '../problem.ts';
import type { Decide, Decision } from '../proxy/engine.ts';
import type { DomainMatcher } from './domain.ts';
import { Forwarding } from './forwarding.ts';
import type { Service } from './forwarding.ts';
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
  readonly #now: () => number;
  readonly #services = new Map<string, Service>();

  constructor({ table, isOurs, balancing, now }: RouterOptions) {
    this.#table = table;
    this.#isOurs = isOurs;
    this.#balancer = new Balancer(balancing);
    this.#now = now;
  }

  readonly decide: Decide = (host, target) => {
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
    return this.#forward(this.#service(match.prefix), match.target);
  };

  /** The instances of a prefix are others than before. */
  changed(prefix: string): void {
    this.#balancer.changed(prefix);
  }

  /** An instance has gone. */
  forget(key: string): void {
    this.#balancer.forget(key);
  }

  #forward(service: Service, target: string): Decision {
    const { prefix, balancer, budget, now } = service;
    const instances = service.instances();
    if (instances.length === 0) {
      const detail = `No instance of ${prefix || '/'} is there or well; try again soon.`;
      return problem('no-instance', detail, prefix);
    }
    const picked = balancer.pick(prefix, instances, NOBODY, now());
    if (picked === undefined) {
      const detail = `Every instance of ${prefix || '/'} has all the requests that it may have.`;
      return problem('overloaded', detail, prefix);
    }
    budget.deposit();
    return new Forwarding(service, target, picked);
  }

  #service(prefix: string): Service {
    let service = this.#services.get(prefix);
    if (service === undefined) {
      service = {
        prefix,
        instances: () => this.#table.routable(prefix),
        balancer: this.#balancer,
        budget: new RetryBudget(RETRIES, this.#now()),
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
