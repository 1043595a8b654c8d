import type { Entry, Status } from './entry.ts';
import { RULES } from './rules.ts';

/** The instances of one prefix, by status. Every operation costs the same however many there are. */
export class Group {
  readonly #lists: Record<Status, Entry[]> = { healthy: [], suspect: [], down: [] };
  readonly #entries = new Set<Entry>();
  /** Those that parted or lapsed since the window began. */
  readonly #lost = new Set<Entry>();
  #windowEnds = -Infinity;
  /** Until when a probe that times out may be our own link's fault. */
  settledAt: number = -Infinity;

  /** All, in the order they came. */
  all(): Iterable<Entry> {
    return this.#entries;
  }

  /**
   * Those to be sent requests: the ones that are up; if there is none, those in doubt. An unverified
   * instance is never used while a verified one exists, and doubt about all takes none away.
   */
  routable(): readonly Entry[] {
    return this.#lists.healthy.length > 0 ? this.#lists.healthy : this.#lists.suspect;
  }

  /**
   * Notes that the transport lost sight of an instance. Returns of how many, when they have become so
   * many within a short time that our own link is to be doubted rather than they.
   */
  lose(entry: Entry, now: number): number | undefined {
    if (now >= this.#windowEnds) {
      this.#lost.clear();
      this.#windowEnds = now + RULES.massWindow;
    }
    this.#lost.add(entry);
    const { size } = this.#lost;
    if (size < RULES.massLeast || size <= this.#entries.size * RULES.massShare) return undefined;
    const isFirst = now >= this.settledAt;
    this.settledAt = now + RULES.settle;
    return isFirst ? size : undefined;
  }

  add(entry: Entry): void {
    this.#entries.add(entry);
    this.#enlist(entry);
  }

  remove(entry: Entry): void {
    this.#entries.delete(entry);
    this.#lost.delete(entry);
    this.#delist(entry);
  }

  /** Applies a change of status or of draining. */
  change(entry: Entry, change: () => void): void {
    this.#delist(entry);
    change();
    this.#enlist(entry);
  }

  #enlist(entry: Entry): void {
    if (entry.announcement.draining === true || entry.isDrained) return;
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
