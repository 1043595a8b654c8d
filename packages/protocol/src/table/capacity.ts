import type { Announcement } from '../wire/announcement-types.ts';
import type { Refusal } from '../wire/refusal.ts';
import { instanceKey } from '../wire/statement.ts';
import type { Entry } from './entry.ts';
import { isChange } from './events.ts';
import type { Effect } from './events.ts';
import type { Groups } from './groups.ts';

/** How much a table holds, and for how long. */
export interface TableLimits {
  /** How many instances. */
  readonly maxInstances: number;
  /** How many prefixes, including prefixes without instances. */
  readonly maxPrefixes: number;
  /** For how many milliseconds a prefix is known after its last instance has gone. */
  readonly forgetPrefixMs: number;
}

/** Why an operator's word removes something. */
export const DISMISSED = 'an operator had it forgotten here';

/** Twice what the benchmarks run with. A prefix is known as long as other observers remember the exits of its instances. */
export const DEFAULT_TABLE_LIMITS: TableLimits = {
  maxInstances: 20_000,
  maxPrefixes: 5000,
  forgetPrefixMs: 600_000,
};

/**
 * Keeps a table within its limits. When it is full, a new instance takes the place of the one that has been down for
 * longest, and a new prefix that of the one that has had no instance for longest. If there is none, the new one is
 * refused: an instance that runs never gives way.
 */
export class Capacity {
  readonly #limits: TableLimits;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #groups: Groups;
  /** The instances that are down, the one that has been for longest first. */
  readonly #down = new Set<string>();
  /** Since when a prefix has had no instance, the one that has had none for longest first. */
  readonly #vacant = new Map<string, number>();

  constructor(
    limits: Partial<TableLimits> | undefined,
    entries: ReadonlyMap<string, Entry>,
    groups: Groups,
  ) {
    this.#limits = { ...DEFAULT_TABLE_LIMITS, ...limits };
    this.#entries = entries;
    this.#groups = groups;
  }

  get maxInstances(): number {
    return this.#limits.maxInstances;
  }

  /**
   * Returns why there is no room for an announcement, or undefined if there is.
   * @param isByOwner only what an owner announces makes others give way
   */
  refusal(announcement: Announcement, isByOwner: boolean): Refusal | undefined {
    const { maxInstances, maxPrefixes } = this.#limits;
    const isNew = !this.#entries.has(instanceKey(announcement));
    if (isNew && this.#entries.size >= maxInstances && !(isByOwner && this.#down.size > 0))
      return full(`${maxInstances} instances`, 'is down');
    const isNewPrefix = !this.#groups.has(announcement.prefix);
    if (isNewPrefix && this.#groups.size >= maxPrefixes && !(isByOwner && this.#hasSpare()))
      return full(`${maxPrefixes} prefixes`, 'has only instances that are down');
    return undefined;
  }

  /** Notes what an event changed. */
  note(effects: readonly Effect[], now: number): void {
    for (const effect of effects) {
      if (!isChange(effect)) continue;
      const { type, instance, was } = effect;
      const isGone = type === 'left' || type === 'forgotten';
      const mayGiveWay = !isGone && instance.configuredAs === undefined;
      if (mayGiveWay && instance.status === 'down') this.#down.add(instance.key);
      else this.#down.delete(instance.key);
      this.#notePrefix(instance.announcement.prefix, now);
      if (was !== undefined) this.#notePrefix(was.prefix, now);
    }
  }

  /**
   * Removes what the table holds for too long or beyond its limits, and returns what followed.
   * @param forget removes an instance from the table
   */
  trim(now: number, forget: (entry: Entry, why: string) => Effect): Effect[] {
    const effects: Effect[] = [];
    const { maxInstances, maxPrefixes, forgetPrefixMs } = this.#limits;
    const evict = (entry: Entry | undefined): boolean => {
      if (entry === undefined) return false;
      effects.push(forget(entry, 'it was down, and the table is full'));
      this.note(effects.slice(-1), now);
      return true;
    };
    while (this.#entries.size > maxInstances && evict(this.#longestDown()));
    const isFull = (): boolean => this.#groups.size > maxPrefixes;
    while (isFull() && this.#vacant.size === 0 && evict(this.#lastOfAPrefix()));
    for (const [prefix, since] of this.#vacant) {
      const isOver = now - since >= forgetPrefixMs;
      if (!isOver && !isFull()) break;
      const why = isOver ? 'it has had no instance for a while' : 'the table is full';
      effects.push(this.#forgetPrefix(prefix, why));
    }
    return effects;
  }

  /** Forgets a prefix, if it is without instances. */
  dismiss(prefix: string, why: string): Effect[] {
    return this.#groups.isEmpty(prefix) ? [this.#forgetPrefix(prefix, why)] : [];
  }

  #forgetPrefix(prefix: string, why: string): Effect {
    this.#vacant.delete(prefix);
    this.#groups.forget(prefix);
    return { type: 'prefix-forgotten', prefix, why };
  }

  #notePrefix(prefix: string, now: number): void {
    if (!this.#groups.isEmpty(prefix)) this.#vacant.delete(prefix);
    else if (!this.#vacant.has(prefix)) this.#vacant.set(prefix, now);
  }

  #longestDown(): Entry | undefined {
    const [key] = this.#down;
    return key === undefined ? undefined : this.#entries.get(key);
  }

  #hasSpare(): boolean {
    return this.#vacant.size > 0 || this.#lastOfAPrefix() !== undefined;
  }

  /** An instance that is down and the only one of its prefix. */
  #lastOfAPrefix(): Entry | undefined {
    for (const key of this.#down) {
      const entry = this.#entries.get(key);
      if (entry !== undefined && this.#groups.of(entry.announcement.prefix).size === 1)
        return entry;
    }
    return undefined;
  }
}

function full(what: string, condition: string): Refusal {
  return {
    code: 'table-full',
    reason: `the table has ${what}, its limit, and none of them ${condition}`,
  };
}
