import type { Instance } from '@rollcall/client';
import type { Resolved } from '@rollcall/runtime/settings';
import type { BALANCING_SETTINGS } from '../settings/balancing.ts';
import { eject, isPanic, maxEjected, observeOutcome } from './ejection.ts';
import type { EjectionRules } from './ejection.ts';
import { observeLatency } from './instance-stats.ts';
import type { InstanceStats, StatsRegistry } from './instance-stats.ts';
import type { Policy } from './policies/policy.ts';
import { POLICIES } from './policies/registry.ts';

/** See BALANCING_SETTINGS. The key under the policy `hash` comes with each request. */
export type BalancingRules = Omit<Resolved<typeof BALANCING_SETTINGS>, 'hashBy'>;

export interface BalancerOptions {
  readonly rules: BalancingRules;
  readonly ejection: EjectionRules;
  /** Statistics of the instances. They outlive a change of the rules. */
  readonly stats: StatsRegistry;
  /** Returns a number from 0 to 1, as Math.random does. */
  readonly random: () => number;
}

/** Which checks an instance must pass. */
interface Checks {
  readonly zone: boolean;
  readonly slowStart: boolean;
  readonly ejected: boolean;
}

/** Checks are dropped one after the other, the least important first, until an instance is eligible. */
const CHECKS: readonly Checks[] = [
  { zone: true, slowStart: true, ejected: true },
  { zone: false, slowStart: true, ejected: true },
  { zone: false, slowStart: false, ejected: true },
  // An ejected instance is better than none.
  { zone: false, slowStart: false, ejected: false },
];

/** An ejection that has not ended. */
export interface Ejection {
  readonly key: string;
  /** When it ends, on the caller's clock in milliseconds. */
  readonly until: number;
  /** Which responses led to it, for people. */
  readonly why: string;
  /** The instance receives requests nevertheless, because too few others are left. */
  readonly isIgnored: boolean;
}

/** The share of an instance at the beginning of its slow start. */
const INITIAL_SHARE = 0.1;

/**
 * Chooses among the instances of one prefix and learns how they respond. Keeps limits, zones, slow start and
 * ejection; the policy chooses among the instances that are left. Reads no clock and does no I/O.
 */
export class Balancer {
  #rules: BalancingRules;
  #ejection: EjectionRules;
  readonly #stats: StatsRegistry;
  readonly #random: () => number;
  #policy: Policy;
  /** Whether ejections are ignored, and until when that is known: counting the ejected visits every instance. */
  #isPanicking = false;
  #countedUntil = -Infinity;

  constructor({ rules, ejection, stats, random }: BalancerOptions) {
    this.#rules = rules;
    this.#ejection = ejection;
    this.#stats = stats;
    this.#random = random;
    this.#policy = this.#createPolicy();
  }

  /** Whether `pick` depends on the hash key. */
  get needsHashKey(): boolean {
    return this.#policy.needsHashKey === true;
  }

  /**
   * Chooses the instance for a request. Returns undefined if each was tried or is at its limit.
   *
   * @param instances the instances that receive traffic at this moment
   * @param tried keys of the instances that failed for this request
   * @param isWanted whether an instance is of the wanted version. Others are picked only if no such instance is eligible
   */
  pick(
    instances: readonly Instance[],
    tried: ReadonlySet<string>,
    now: number,
    hashKey = '',
    isWanted?: (instance: Instance) => boolean,
  ): Instance | undefined {
    if (now >= this.#countedUntil) this.#countEjected(instances, now);
    for (const checks of CHECKS) {
      if (checks.zone && this.#rules.zone === undefined) continue;
      // A healthy instance of another version is better than an ejected one.
      if (isWanted !== undefined && !checks.ejected) break;
      const isEligible = (instance: Instance): boolean =>
        !tried.has(instance.key) &&
        isWanted?.(instance) !== false &&
        this.#isEligible(instance, checks, now);
      const picked = this.#policy.choose(instances, isEligible, hashKey);
      if (picked !== undefined) return picked;
    }
    return isWanted === undefined ? undefined : this.pick(instances, tried, now, hashKey);
  }

  /** Replaces the rules. A policy that stays keeps its state, such as whose turn it is. */
  configure(rules: BalancingRules, ejection: EjectionRules): void {
    const isSamePolicy = rules.policy === this.#rules.policy;
    this.#rules = rules;
    this.#ejection = ejection;
    if (!isSamePolicy) this.#policy = this.#createPolicy();
    this.instancesChanged();
  }

  /** Counts a request that goes out. Returns the statistics that its outcome belongs to. */
  requestStarted(instance: Instance): InstanceStats {
    const stats = this.#statsOf(instance);
    stats.inFlight++;
    return stats;
  }

  /** Notes that a request goes to the same instance once more, which may have left meanwhile. */
  requestRepeated(stats: InstanceStats): void {
    stats.inFlight++;
  }

  /** Notes that the head of a response came, in milliseconds since the request began. */
  responseStarted(stats: InstanceStats, milliseconds: number, now: number): void {
    observeLatency(stats, milliseconds, now);
  }

  /** Notes that a request ended without showing anything of its instance. */
  requestDropped(stats: InstanceStats): void {
    stats.inFlight--;
  }

  /**
   * Notes how a request ended. Returns whether its instance is ejected because of it.
   *
   * @param stats of the instance, as `requestStarted` returned them
   * @param instances the instances of the prefix that receive traffic
   * @param failure how it failed, such as `503`; undefined if it succeeded
   */
  requestEnded(
    stats: InstanceStats,
    instances: readonly Instance[],
    failure: string | undefined,
    now: number,
  ): boolean {
    stats.inFlight--;
    if (stats.isForgotten) return false;
    const why = observeOutcome(stats, failure, now, this.#ejection);
    if (why === undefined) return false;
    const ejected = this.#ejectionEnds(instances, now).length;
    if (stats.ejectedUntil > now || ejected >= maxEjected(instances.length, this.#ejection))
      return false;
    eject(stats, why, now, this.#ejection);
    this.#stats.ejectedUntil = Math.max(this.#stats.ejectedUntil, stats.ejectedUntil);
    this.#countedUntil = -Infinity;
    return true;
  }

  /** Returns the ejections of these instances, as `pick` considers them. */
  ejections(instances: readonly Instance[], now: number): Ejection[] {
    if (now >= this.#stats.ejectedUntil) return [];
    const found = instances.flatMap(({ key }) => {
      const stats = this.#stats.find(key);
      return stats !== undefined && stats.ejectedUntil > now ? [{ key, stats }] : [];
    });
    const isIgnored =
      found.length === instances.length || isPanic(instances.length, found.length, this.#ejection);
    return found.map(({ key, stats: { ejectedUntil: until, ejectedBecause: why } }) => ({
      key,
      until,
      why,
      isIgnored,
    }));
  }

  /** Drops what was computed from the previous instances. */
  instancesChanged(): void {
    this.#policy.instancesChanged?.();
    this.#countedUntil = -Infinity;
  }

  #createPolicy(): Policy {
    const statsOf = (instance: Instance): InstanceStats => this.#statsOf(instance);
    return POLICIES[this.#rules.policy]({ statsOf, random: this.#random });
  }

  #statsOf({ key, since }: Instance): InstanceStats {
    return this.#stats.of(key, since);
  }

  /** Returns when each ejection of these instances ends. */
  #ejectionEnds(instances: readonly Instance[], now: number): number[] {
    if (now >= this.#stats.ejectedUntil) return [];
    const ends = instances.map(({ key }) => this.#stats.find(key)?.ejectedUntil ?? -Infinity);
    return ends.filter((end) => end > now);
  }

  #countEjected(instances: readonly Instance[], now: number): void {
    const ends = this.#ejectionEnds(instances, now);
    this.#isPanicking = isPanic(instances.length, ends.length, this.#ejection);
    this.#countedUntil = ends.reduce((first, end) => Math.min(first, end), Infinity);
  }

  #isEligible(instance: Instance, checks: Checks, now: number): boolean {
    const stats = this.#statsOf(instance);
    if (stats.inFlight >= this.#rules.maxInFlight) return false;
    const isEjected = stats.ejectedUntil > now;
    if (checks.ejected && isEjected && !this.#isPanicking) return false;
    if (checks.zone && instance.announcement.zone !== this.#rules.zone) return false;
    // The slow start of an ejected instance begins when the ejection ends.
    return !checks.slowStart || isEjected || this.#isAdmitted(stats, now);
  }

  /** Whether an instance in its slow start takes this request. */
  #isAdmitted({ warmSince }: InstanceStats, now: number): boolean {
    const warmFor = now - warmSince;
    const { slowStartMs } = this.#rules;
    if (warmFor >= slowStartMs) return true;
    return this.#random() < Math.max(INITIAL_SHARE, warmFor / slowStartMs);
  }
}
