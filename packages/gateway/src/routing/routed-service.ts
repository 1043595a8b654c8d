import type { Instance } from '@rollcall/client';

/** The part of the table that routing needs. */
export interface RoutingTable {
  knows(prefix: string): boolean;
  /** Returns every known prefix. */
  prefixes(): readonly string[];
  /** Returns the instances that receive traffic. The list changes with the table. */
  routable(prefix: string): readonly Instance[];
}

/**
 * What serves routes, as the table has it. The table is asked when it has changed, and not for each request: to find one
 * name among thousands takes longer than all else that a request needs of it.
 */
export class RoutedService {
  readonly name: string;
  /** The ids of the routes that it serves, or did under earlier rules. */
  readonly routes: Set<string> = new Set();
  readonly #table: RoutingTable;
  #isKnown = false;
  #instances: readonly Instance[] | undefined;

  constructor(name: string, table: RoutingTable) {
    this.name = name;
    this.#table = table;
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

  /** Has to be called when the table's instances have changed. */
  instancesChanged(): void {
    this.#isKnown = this.#table.knows(this.name);
    this.#instances = this.#table.routable(this.name);
  }

  /** The table has forgotten it. It is asked from now on, because changes are not noted here any more. */
  forget(): void {
    this.#isKnown = false;
    this.#instances = undefined;
  }
}
