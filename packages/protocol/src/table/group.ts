import { Endpoints } from './endpoints.ts';
import type { Entry } from './entry.ts';
import { isDraining } from './instance.ts';
import type { Status } from './instance.ts';
import { RULES } from './rules.ts';

/**
 * The instances of one prefix, by status. Every operation costs the same however many there are. Of several
 * instances at one address and port, one stands for all: a client cannot choose between them.
 */
export class Group {
  readonly #lists: Record<Status, Entry[]> = { healthy: [], suspect: [], down: [] };
  readonly #entries = new Set<Entry>();
  readonly #endpoints = new Endpoints();
  /** Instances that the transport lost since the window began. */
  readonly #lost = new Set<Entry>();
  #windowEndsAt = -Infinity;
  /** Until then a probe that times out may be the fault of this observer's own link. */
  settledAt: number = -Infinity;

  /** How many instances it has, including each one whose endpoint another represents. */
  get size(): number {
    return this.#entries.size;
  }

  /** The instances, in the order in which they registered: one for each address and port. */
  *all(): Iterable<Entry> {
    for (const entry of this.#entries) if (!entry.isHidden) yield entry;
  }

  /**
   * The instances that receive traffic: the healthy ones, or the suspect ones if none is healthy. An
   * unverified instance is never used while a verified one exists, and doubt about all of them removes
   * none. Instances that drain are not among them. The list changes with the group.
   */
  routable(): readonly Entry[] {
    return this.#lists.healthy.length > 0 ? this.#lists.healthy : this.#lists.suspect;
  }

  /**
   * Notes that the transport lost an instance. Returns how many it has lost, once they are so many
   * within a short time that this observer's own link is the likelier cause.
   */
  lose(entry: Entry, now: number): number | undefined {
    if (now >= this.#windowEndsAt) {
      this.#lost.clear();
      this.#windowEndsAt = now + RULES.massWindowMs;
    }
    this.#lost.add(entry);
    const { size } = this.#lost;
    if (size < RULES.minMassLosses || size <= this.#entries.size * RULES.massShare)
      return undefined;
    const isFirst = now >= this.settledAt;
    this.settledAt = now + RULES.settleMs;
    return isFirst ? size : undefined;
  }

  add(entry: Entry): void {
    this.#entries.add(entry);
    this.#choose(this.#endpoints.add(entry));
  }

  remove(entry: Entry): void {
    this.#entries.delete(entry);
    this.#lost.delete(entry);
    this.#delist(entry);
    this.#choose(this.#endpoints.remove(entry));
  }

  /** All entries at the endpoint of an entry. */
  at(entry: Entry): readonly Entry[] {
    return this.#endpoints.at(entry);
  }

  /** Applies a change of an entry's status or of its draining. */
  change(entry: Entry, change: () => void): void {
    this.#delist(entry);
    change();
    this.#choose(this.#endpoints.at(entry));
  }

  /** Lists one of the entries at an endpoint, and hides the others. */
  #choose(entries: readonly Entry[]): void {
    let chosen: Entry | undefined;
    for (const entry of entries) {
      this.#delist(entry);
      entry.isHidden = true;
      if (chosen === undefined || isPreferred(entry, chosen)) chosen = entry;
    }
    if (chosen === undefined) return;
    chosen.isHidden = false;
    this.#enlist(chosen);
  }

  #enlist(entry: Entry): void {
    if (isDraining(entry)) return;
    entry.slot = this.#lists[entry.status].push(entry) - 1;
  }

  #delist(entry: Entry): void {
    if (entry.slot === -1) return;
    const list = this.#lists[entry.status];
    const last = list.pop();
    if (last !== undefined && last !== entry) {
      list[entry.slot] = last;
      last.slot = entry.slot;
    }
    entry.slot = -1;
  }
}

const PREFERENCE: Readonly<Record<Status, number>> = { healthy: 0, suspect: 1, down: 2 };

/** Whether the first of two entries at one endpoint stands for both: every process of a gateway chooses the same. */
function isPreferred(a: Entry, b: Entry): boolean {
  if (isDraining(a) !== isDraining(b)) return isDraining(b);
  if (a.status !== b.status) return PREFERENCE[a.status] < PREFERENCE[b.status];
  return a.since === b.since ? a.key < b.key : a.since > b.since;
}
