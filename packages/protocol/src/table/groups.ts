import { Group } from './group.ts';
import type { Entry } from './entry.ts';

/** The instances of a table by prefix. A prefix stays known when its last instance has gone, until it is forgotten. */
export class Groups {
  readonly #groups = new Map<string, Group>();

  /** The group of a prefix, which is known from now on. */
  of(prefix: string): Group {
    const known = this.#groups.get(prefix);
    if (known !== undefined) return known;
    const group = new Group();
    this.#groups.set(prefix, group);
    return group;
  }

  has(prefix: string): boolean {
    return this.#groups.has(prefix);
  }

  /** How many prefixes are known. */
  get size(): number {
    return this.#groups.size;
  }

  /** Whether a prefix is known and has no instances. */
  isEmpty(prefix: string): boolean {
    return this.#groups.get(prefix)?.size === 0;
  }

  /** Forgets a prefix without instances. */
  forget(prefix: string): void {
    if (this.isEmpty(prefix)) this.#groups.delete(prefix);
  }

  /** Every known prefix, sorted. */
  prefixes(): string[] {
    return [...this.#groups.keys()].toSorted();
  }

  /** The instances of a prefix, in the order in which they registered. */
  all(prefix: string): Iterable<Entry> {
    return this.#groups.get(prefix)?.all() ?? [];
  }

  /** The instances of a prefix that receive traffic: see {@link Group.routable}. */
  routable(prefix: string): readonly Entry[] {
    return this.#groups.get(prefix)?.routable() ?? [];
  }
}
