import { WeightedRoundRobin } from '@rollcall/client';
import type { Instance } from '@rollcall/client';
import type { BalancingPolicy } from '@rollcall/protocol';
import { eject, isPanic, mostEjected, observeOutcome } from './ejection.ts';
import type { EjectionRules } from './ejection.ts';
import { HashRing } from './hash-ring.ts';
import type { HashBy } from './hash-key.ts';
import { observeLatency } from './vitals.ts';
import type { Vitals, VitalsBook } from './vitals.ts';

export interface BalancingRules {
  /**
   * Who is picked among the instances of a prefix.
   * - `round-robin`, the default: in turn, in proportion to weight.
   * - `least-request`: of two at random, the one with fewer requests in flight for its weight.
   * - `latency`: of two at random, the one that answers sooner, for what it has in flight and its weight.
   * - `hash`: by a key of the request, the same one as long as it is there.
   */
  readonly policy: BalancingPolicy;
  /** With the policy `hash`, what requests are told apart by. Default: the client's address. */
  readonly hashBy: HashBy;
  /** Requests in flight to one instance; one that has so many is not picked. Default 1024. */
  readonly mostInFlight: number;
  /** How long the share of an instance that came, or came back, grows from a tenth to the whole. Default 0. */
  readonly slowStartMs: number;
  /** Instances of this zone are preferred while any of them can be picked. Default: none is. */
  readonly zone?: string;
}

export const BALANCING: BalancingRules = {
  policy: 'round-robin',
  hashBy: { type: 'address' },
  mostInFlight: 1024,
  slowStartMs: 0,
};

export interface BalancerOptions {
  readonly rules: BalancingRules;
  readonly ejection: EjectionRules;
  /** What is known of how instances answer: it outlives a change of the rules. */
  readonly book: VitalsBook;
  /** From 0 to 1, as Math.random. */
  readonly random: () => number;
}

/** What may stand against an instance, from the least to the gravest: tried in turn until somebody is left. */
const LENIENCE = [
  { zone: true, warm: true, ejected: true },
  { zone: false, warm: true, ejected: true },
  { zone: false, warm: false, ejected: true },
  // Rather somebody who has answered badly than nobody.
  { zone: false, warm: false, ejected: false },
];

const FIRST_SHARE = 0.1;

/** Chooses among the instances of one service, and learns how they answer. It reads no clock and does no I/O. */
export class Balancer {
  #rules: BalancingRules;
  #ejection: EjectionRules;
  readonly #book: VitalsBook;
  readonly #random: () => number;
  readonly #turns = new WeightedRoundRobin();
  #ring: HashRing | undefined;
  /** Whether ejections count, and until when that is known: to count the ejected takes a look at each instance. */
  #isPanicking = false;
  #countedUntil = -Infinity;

  constructor({ rules, ejection, book, random }: BalancerOptions) {
    this.#rules = rules;
    this.#ejection = ejection;
    this.#book = book;
    this.#random = random;
  }

  /**
   * Whom to send a request. Nothing if each was tried or has all that it may have in flight.
   *
   * @param instances those that may be sent requests at this moment
   * @param tried keys of those that it was sent to in vain
   * @param hashKey with the policy `hash`, what the request is told apart by
   */
  pick(
    instances: readonly Instance[],
    tried: ReadonlySet<string>,
    now: number,
    hashKey = '',
  ): Instance | undefined {
    if (now >= this.#countedUntil) this.#count(instances, now);
    for (const lenience of LENIENCE) {
      if (lenience.zone && this.#rules.zone === undefined) continue;
      const isEligible = (instance: Instance): boolean =>
        !tried.has(instance.key) && this.#isEligible(instance, lenience, now);
      const picked = this.#propose(instances, isEligible, hashKey);
      if (picked !== undefined) return picked;
    }
    return undefined;
  }

  /** Other rules from now on; whose turn it is stays. */
  configure(rules: BalancingRules, ejection: EjectionRules): void {
    this.#rules = rules;
    this.#ejection = ejection;
    this.changed();
  }

  /** A request goes out to it. Returns the vitals to which what becomes of that belongs. */
  started(instance: Instance): Vitals {
    const vitals = this.#vitals(instance);
    vitals.inFlight++;
    return vitals;
  }

  /** The head of its answer has come, so many milliseconds after the request began. */
  answered(vitals: Vitals, milliseconds: number, now: number): void {
    observeLatency(vitals, milliseconds, now);
  }

  /**
   * A request has ended. Returns whether its instance is ejected for that.
   *
   * @param vitals of when it started
   * @param instances those of its prefix that may be sent requests
   * @param isFailure it could not be reached, broke off, did not answer in time, or answered 502, 503 or 504
   */
  ended(
    { key }: Instance,
    vitals: Vitals,
    instances: readonly Instance[],
    isFailure: boolean,
    now: number,
  ): boolean {
    vitals.inFlight--;
    // It has gone meanwhile; if it is back, that is another, which has not failed.
    if (this.#book.find(key) !== vitals) return false;
    if (!observeOutcome(vitals, isFailure, now, this.#ejection)) return false;
    const ejected = this.#ejected(instances, now).length;
    if (vitals.ejectedUntil > now || ejected >= mostEjected(instances.length, this.#ejection))
      return false;
    eject(vitals, now, this.#ejection);
    this.#countedUntil = -Infinity;
    return true;
  }

  /** The instances are others than before. */
  changed(): void {
    this.#ring = undefined;
    this.#countedUntil = -Infinity;
  }

  #vitals({ key, since }: Instance): Vitals {
    return this.#book.of(key, since);
  }

  /** Those of its instances that are ejected, until when each. */
  #ejected(instances: readonly Instance[], now: number): number[] {
    const untils = instances.map(({ key }) => this.#book.find(key)?.ejectedUntil ?? -Infinity);
    return untils.filter((until) => until > now);
  }

  #count(instances: readonly Instance[], now: number): void {
    const ejected = this.#ejected(instances, now);
    this.#isPanicking = isPanic(instances.length, ejected.length, this.#ejection);
    this.#countedUntil = ejected.reduce((first, until) => Math.min(first, until), Infinity);
  }

  #propose(
    instances: readonly Instance[],
    isEligible: (instance: Instance) => boolean,
    hashKey: string,
  ): Instance | undefined {
    const { policy } = this.#rules;
    if (policy === 'round-robin') return this.#inTurn(instances, isEligible);
    if (policy === 'hash') {
      this.#ring ??= new HashRing(instances);
      return first(this.#ring.of(hashKey), isEligible);
    }
    return this.#betterOfTwo(instances, isEligible);
  }

  #inTurn(
    instances: readonly Instance[],
    isEligible: (instance: Instance) => boolean,
  ): Instance | undefined {
    for (let left = instances.length; left > 0; left--) {
      const instance = this.#turns.next('', instances);
      if (instance !== undefined && isEligible(instance)) return instance;
    }
    // By weight some may not have had a turn.
    return instances.find(isEligible);
  }

  /** Two choices at random do nearly as well as knowing all (Mitzenmacher, 2001), at no cost that grows. */
  #betterOfTwo(
    instances: readonly Instance[],
    isEligible: (instance: Instance) => boolean,
  ): Instance | undefined {
    const start = Math.floor(this.#random() * instances.length);
    const one = firstFrom(instances, start, isEligible);
    if (one === undefined) return undefined;
    const other = firstFrom(
      instances,
      Math.floor(this.#random() * instances.length),
      (each) => each !== one && isEligible(each),
    );
    return other === undefined || this.#cost(one) <= this.#cost(other) ? one : other;
  }

  #cost(instance: Instance): number {
    const { inFlight, latency } = this.#vitals(instance);
    const { weight = 1 } = instance.announcement;
    return ((this.#rules.policy === 'latency' ? latency : 1) * (inFlight + 1)) / weight;
  }

  #isEligible(instance: Instance, lenience: (typeof LENIENCE)[number], now: number): boolean {
    const vitals = this.#vitals(instance);
    if (vitals.inFlight >= this.#rules.mostInFlight) return false;
    const isEjected = vitals.ejectedUntil > now;
    if (lenience.ejected && isEjected && !this.#isPanicking) return false;
    if (lenience.zone && instance.announcement.zone !== this.#rules.zone) return false;
    // The slow start of one that is ejected begins after.
    return !lenience.warm || isEjected || this.#isAdmitted(vitals, now);
  }

  /** During its slow start an instance takes only some of its turns. */
  #isAdmitted({ warmSince }: Vitals, now: number): boolean {
    const warmFor = now - warmSince;
    const { slowStartMs } = this.#rules;
    if (warmFor >= slowStartMs) return true;
    return this.#random() < Math.max(FIRST_SHARE, warmFor / slowStartMs);
  }
}

function first(
  instances: Iterable<Instance>,
  isEligible: (instance: Instance) => boolean,
): Instance | undefined {
  for (const instance of instances) if (isEligible(instance)) return instance;
  return undefined;
}

function firstFrom(
  instances: readonly Instance[],
  start: number,
  isEligible: (instance: Instance) => boolean,
): Instance | undefined {
  for (let step = 0; step < instances.length; step++) {
    const instance = instances[(start + step) % instances.length];
    if (instance !== undefined && isEligible(instance)) return instance;
  }
  return undefined;
}
