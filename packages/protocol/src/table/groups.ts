import { Group } from './group.ts';
import type { Entry } from './entry.ts';

/** The instances of a table by prefix. A prefix stays known when its last instance has gone. */
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
