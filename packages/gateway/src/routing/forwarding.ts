import type { Instance } from '@rollcall/client';
import type { AnnouncedPolicy } from '@rollcall/protocol';
import type { Balancer } from '../balancing/balancer.ts';
import type { RetryBudget } from '../balancing/retry-budget.ts';
import type { Forward, RouteLimits, Upstream } from '@rollcall/proxy';
import type { InstanceStats } from '../balancing/instance-stats.ts';
import type { RoutePolicy } from './policy.ts';

/** What happens to requests on their way among instances, for whoever counts it. */
export interface RoutingEvents {
  /** What this instance was asked in vain is asked again, there or elsewhere. */
  retried(prefix: string, key: string): void;
  ejected(prefix: string, key: string): void;
}

/** What all requests of one prefix share. */
export interface Service {
  readonly prefix: string;
  /** Those that may be sent requests, as things are at this moment. */
  readonly instances: () => readonly Instance[];
  /** What an instance has asked for. */
  readonly asked: AnnouncedPolicy | undefined;
  readonly policy: RoutePolicy;
  readonly balancer: Balancer;
  readonly budget: RetryBudget;
  /** Nothing if nobody counts. */
  readonly events: RoutingEvents | undefined;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

const GATEWAY_FAILURES: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * One request's way among the instances of a service: the one that was picked, then those that stand in for
 * it. They are looked up when they are needed: finding out that one cannot be reached takes seconds, in
 * which another may leave.
 */
export class Forwarding implements Forward {
  readonly type = 'forward';
  readonly target: string;
  readonly #service: Service;
  readonly #hashKey: string;
  #picked: Instance | undefined;
  #current: Instance | undefined;
  #stats: InstanceStats | undefined;
  #tried: Set<string> | undefined;
  #startedAt: number;
  #status = 0;

  /**
   * @param picked whom to try first
   * @param hashKey by which that one was picked
   * @param at when
   */
  constructor(service: Service, target: string, picked: Instance, hashKey: string, at: number) {
    this.#hashKey = hashKey;
    this.#startedAt = at;
    this.#service = service;
    this.target = target;
    this.#picked = picked;
  }

  get prefix(): string {
    return this.#service.prefix;
  }

  get isStripped(): boolean {
    return this.#service.policy.strip;
  }

  get limits(): RouteLimits {
    return this.#service.policy.limits;
  }

  next(): Upstream | undefined {
    const { prefix, events } = this.#service;
    const instance = this.#picked ?? this.#pickAnother();
    this.#picked = undefined;
    const before = this.#current;
    this.#current = instance;
    this.#stats = undefined;
    if (instance === undefined) return undefined;
    if (before !== undefined) events?.retried(prefix, before.key);
    this.#status = 0;
    this.#stats = this.#service.balancer.requestStarted(instance);
    const { key, announcement } = instance;
    const { address, port, scheme } = announcement;
    return { key, address, port, isSecure: scheme === 'https' };
  }

  onResponse(status: number): void {
    const { balancer, now } = this.#service;
    this.#status = status;
    const at = now();
    if (this.#stats !== undefined) balancer.responseStarted(this.#stats, at - this.#startedAt, at);
  }

  onAttemptEnd(isFault: boolean): void {
    const { prefix, balancer, instances, events, now } = this.#service;
    const instance = this.#current;
    const stats = this.#stats;
    if (instance === undefined || stats === undefined) return;
    const isFailure = isFault || GATEWAY_FAILURES.has(this.#status);
    const isEjected = balancer.requestEnded(instance, stats, instances(), isFailure, now());
    if (isEjected) events?.ejected(prefix, instance.key);
  }

  mayRetry(): boolean {
    return this.#service.budget.withdraw(this.#service.now());
  }

  #pickAnother(): Instance | undefined {
    const { balancer, instances, now } = this.#service;
    this.#startedAt = now();
    this.#tried ??= new Set();
    if (this.#current !== undefined) this.#tried.add(this.#current.key);
    return balancer.pick(instances(), this.#tried, this.#startedAt, this.#hashKey);
  }
}
