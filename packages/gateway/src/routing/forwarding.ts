import type { Instance } from '@rollcall/client';
import type { AnnouncedPolicy } from '@rollcall/protocol';
import type {
  AttemptEnd,
  Filter,
  Forward,
  Mirror,
  Problem,
  RouteLimits,
  Upstream,
} from '@rollcall/proxy';
import type { Balancer } from '../balancing/balancer.ts';
import type { InstanceStats } from '../balancing/instance-stats.ts';
import type { RetryBudget } from '../balancing/retry-budget.ts';
import { isGrpcFailure } from '../grpc-failure.ts';
import { noInstance, overloaded, unknownRoute } from '../problem.ts';
import type { Outcome } from '../rollout/evidence.ts';
import type { RoutePolicy } from './policy.ts';
import type { MirrorEvents, RouteMirror } from './route-mirror.ts';
import type { RouteRule } from './rules.ts';
import type { RoutedService } from './routed-service.ts';
import { upstreamOf } from './upstream-of.ts';
import type { TlsFor } from './upstream-of.ts';
import type { VersionChoice } from './version-choice.ts';

/** Receives what happens to requests on their way to instances. */
export interface RoutingEvents extends MirrorEvents {
  /** An attempt at this instance failed, and the request was retried there or elsewhere. */
  retried(route: string, key: string): void;
  ejected(route: string, key: string): void;
}

/** What all requests of one route, or of one case of it, share. */
export interface Route {
  readonly rule: RouteRule;
  /** The policy that its instances announce. */
  readonly announced: AnnouncedPolicy | undefined;
  readonly policy: RoutePolicy;
  readonly service: RoutedService;
  readonly balancer: Balancer;
  readonly budget: RetryBudget;
  /** Undefined unless its requests are mirrored. */
  readonly mirror: RouteMirror | undefined;
  readonly events: RoutingEvents | undefined;
  readonly tlsFor: TlsFor;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

const NONE_TRIED: ReadonlySet<string> = new Set();
const GATEWAY_FAILURES: ReadonlySet<number> = new Set([502, 503, 504]);
/** The status of gRPC that is a 503. A 504 would be DEADLINE_EXCEEDED, but its deadline is the client's. */
const UNAVAILABLE = 14;

/**
 * One request's way among the instances of a route. Each instance is looked up only when it is needed: it can take
 * seconds to find that one cannot be reached, and others may leave meanwhile.
 */
export class Forwarding implements Forward {
  readonly type = 'forward';
  readonly target: string;
  readonly #route: Route;
  readonly #hashKey: string;
  readonly #version: VersionChoice | undefined;
  #picked: Instance | undefined;
  #current: Instance | undefined;
  #stats: InstanceStats | undefined;
  #tried: Set<string> | undefined;
  #startedAt: number;
  #status = 0;
  #grpcStatus: number | undefined;
  #respondedAt = 0;

  /**
   * @param version the version that it is for; undefined if any will do
   * @param picked the first instance and when it was picked. Default: it is picked when it is needed
   */
  constructor(
    route: Route,
    target: string,
    hashKey: string,
    version: VersionChoice | undefined,
    picked?: { readonly instance: Instance; readonly at: number },
  ) {
    this.#hashKey = hashKey;
    this.#version = version;
    this.#startedAt = picked?.at ?? 0;
    this.#route = route;
    this.target = target;
    this.#picked = picked?.instance;
  }

  get route(): string {
    return this.#route.rule.key;
  }

  get prefix(): string {
    return this.#route.rule.prefix;
  }

  get isStripped(): boolean {
    return this.#route.policy.strip;
  }

  get restoresPrefix(): boolean {
    return this.#route.policy.restorePrefix;
  }

  get passesTrailers(): boolean {
    return this.#route.policy.trailers;
  }

  get limits(): RouteLimits {
    return this.#route.policy.limits;
  }

  get filters(): readonly Filter[] {
    return this.#route.policy.filters;
  }

  /** The problem if the first `next` returns nothing. */
  get unavailable(): Problem {
    return unavailable(this.#route);
  }

  next(): Upstream | undefined {
    const { balancer, policy, tlsFor } = this.#route;
    const instance = this.#picked ?? this.#pick();
    this.#picked = undefined;
    if (instance === undefined) return undefined;
    this.#begin(instance, balancer.requestStarted(instance));
    return upstreamOf(instance, policy.hostHeader, tlsFor);
  }

  again(): void {
    if (this.#current === undefined || this.#stats === undefined) return;
    this.#route.balancer.requestRepeated(this.#stats);
    this.#begin(this.#current, this.#stats);
  }

  #begin(instance: Instance, stats: InstanceStats): void {
    const { rule, events } = this.#route;
    if (this.#current !== undefined) events?.retried(rule.key, this.#current.key);
    this.#current = instance;
    this.#stats = stats;
    this.#status = 0;
    this.#grpcStatus = undefined;
  }

  onGrpcStatus(status: number): void {
    this.#grpcStatus = status;
  }

  onResponse(status: number): void {
    const { balancer, now } = this.#route;
    this.#status = status;
    const at = now();
    this.#respondedAt = at;
    if (this.#stats === undefined) return;
    if (status < 500 && !isGrpcFailure(this.#grpcStatus)) this.#stats.servedAt = at;
    balancer.responseStarted(this.#stats, at - this.#startedAt, at);
  }

  onAttemptEnd(end: AttemptEnd): void {
    const { rule, balancer, service, events, now } = this.#route;
    const instance = this.#current;
    const stats = this.#stats;
    if (instance === undefined || stats === undefined) return;
    if (this.#version !== undefined && this.#tried === undefined && end !== 'unsent')
      this.#version.record(instance, this.#outcome(instance, end));
    if (end === 'abandoned' || end === 'unsent') return balancer.requestDropped(stats);
    const failure = this.#failure(end);
    const isEjected = balancer.requestEnded(stats, service.instances, failure, now());
    if (isEjected) events?.ejected(rule.key, instance.key);
  }

  mayRetry(): boolean {
    return this.#route.budget.withdraw(this.#route.now());
  }

  mirror(): Mirror | undefined {
    return this.#route.mirror?.draw(() => this.#current);
  }

  /** How the attempt failed: unreachable, aborted, timed out, or a response 502, 503, 504 or UNAVAILABLE. */
  #failure(end: AttemptEnd): string | undefined {
    if (end === 'failed') return this.#status === 0 ? 'no response' : 'incomplete response';
    if (GATEWAY_FAILURES.has(this.#status)) return String(this.#status);
    return this.#grpcStatus === UNAVAILABLE ? 'UNAVAILABLE' : undefined;
  }

  /** What the attempt shows of the version. A client that left before the response had waited for so long at least. */
  #outcome({ key, since }: Instance, end: AttemptEnd): Outcome {
    const { policy, now } = this.#route;
    const isFailure = end === 'failed' || this.#status >= 500 || isGrpcFailure(this.#grpcStatus);
    const isWarm = this.#startedAt - since >= policy.versionRules.warmUpMs;
    if (isFailure || !isWarm) return { isFailure, ms: undefined, instance: key };
    const at = this.#status === 0 ? now() : this.#respondedAt;
    return { isFailure, ms: at - this.#startedAt, instance: key };
  }

  #pick(): Instance | undefined {
    const { balancer, budget, service, now } = this.#route;
    const version = this.#version;
    const isRetry = this.#current !== undefined;
    this.#startedAt = now();
    if (!isRetry) budget.deposit();
    if (this.#current !== undefined) (this.#tried ??= new Set()).add(this.#current.key);
    const isWanted = version && ((instance: Instance) => version.wants(instance, isRetry));
    const tried = this.#tried ?? NONE_TRIED;
    return balancer.pick(service.instances, tried, this.#startedAt, this.#hashKey, isWanted);
  }
}

/** Why no instance of a route is picked. */
export function unavailable({ rule, policy, service }: Route): Problem {
  // A route may also exist by configuration alone.
  if (!rule.isServed && !service.isKnown) return unknownRoute();
  return service.instances.length === 0
    ? noInstance(rule.key)
    : overloaded(rule.key, policy.balancing.maxInFlight);
}
