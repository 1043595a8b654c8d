import { isDeepStrictEqual } from 'node:util';
import type { Instance } from '@rollcall/client';
import type { AnnouncedPolicy } from '@rollcall/protocol';
import { announcedPolicy } from './policy.ts';

/** The part of the table that routing needs. */
export interface RoutingTable {
  knows(prefix: string): boolean;
  /** Returns every known prefix. */
  prefixes(): readonly string[];
  /** Returns the instances that receive traffic. The list changes with the table. */
  routable(prefix: string): readonly Instance[];
}

/**
 * For how long the policy is not looked for again, for each instance: 500 times as long as a look at one takes. Of 100,000 a look takes 7 to
 * 12 ms, for which all requests wait, and they do for a fifth of a percent of the time.
 */
const REST_MS = 0.05;

/**
 * What serves routes, as the table has it. The table is asked when it has changed, and not for each request: to find one
 * name among thousands takes longer than all else that a request needs of it.
 */
export class RoutedService {
  readonly name: string;
  /** The ids of the routes that it serves, or did under earlier rules. */
  readonly routes: Set<string> = new Set();
  readonly #table: RoutingTable;
  readonly #now: () => number;
  #isKnown = false;
  #instances: readonly Instance[] | undefined;
  #announced: AnnouncedPolicy | undefined;
  /** Whether the instances have changed since their policy was last looked for. */
  #isStale = true;
  #looksAgainAt = -Infinity;

  /** @param now monotonic milliseconds */
  constructor(name: string, table: RoutingTable, now: () => number) {
    this.name = name;
    this.#table = table;
    this.#now = now;
    this.instancesChanged();
  }

  /** Whether it has an instance, or had one until shortly. */
  get isKnown(): boolean {
    return this.#isKnown || this.#table.knows(this.name);
  }

  /** The instances that receive traffic at this moment. */
  get instances(): readonly Instance[] {
    return this.#instances ?? this.#table.routable(this.name);
  }

  /**
   * The policy that its instances announce: the same object until they announce another one. It is looked for when it is asked for,
   * because a gateway that starts receives thousands of changes; and for a small part of the time, because that visits every instance.
   */
  get announced(): AnnouncedPolicy | undefined {
    if (!this.#isStale) return this.#announced;
    const now = this.#now();
    if (now < this.#looksAgainAt) return this.#announced;
    this.#isStale = false;
    const { instances } = this;
    const announced = announcedPolicy(instances);
    if (!isDeepStrictEqual(announced, this.#announced)) this.#announced = announced;
    // A few are looked at after every change.
    this.#looksAgainAt = now + Math.floor(REST_MS * instances.length);
    return this.#announced;
  }

  /** Has to be called when the table's instances have changed. */
  instancesChanged(): void {
    this.#isStale = true;
    this.#isKnown = this.#table.knows(this.name);
    this.#instances = this.#table.routable(this.name);
  }

  /** The table has forgotten it. It is asked from now on, because changes are not noted here any more. */
  forget(): void {
    this.#isKnown = false;
    this.#instances = undefined;
    this.#isStale = true;
    this.#looksAgainAt = -Infinity;
  }
}
