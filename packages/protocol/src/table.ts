import { announcementKey, encodeAnnouncement } from './announcement.ts';
import type { Announcement } from './announcement.ts';

/** One running process of a service, as an observer knows it. */
export interface Instance {
  readonly key: string;
  readonly announcement: Announcement;
  /** When this observer first heard of it, in the caller's milliseconds. */
  readonly since: number;
}

export type Change =
  | { readonly type: 'registered'; readonly instance: Instance }
  | { readonly type: 'updated'; readonly instance: Instance }
  | { readonly type: 'unregistered'; readonly instance: Instance };

const NO_INSTANCES: readonly Instance[] = [];

/**
 * What an observer knows: which instances are there, by prefix. Time comes in with each event;
 * nothing here reads a clock, draws a random number or does I/O, so that one order of events always
 * gives one table.
 *
 * A prefix stays known when its last instance has left: a gateway answers 503 for it, not 404.
 */
export class Table {
  /** Lists are replaced, never changed in place: a reader keeps what it has taken. */
  readonly #byPrefix = new Map<string, readonly Instance[]>();

  register(announcement: Announcement, now: number): Change | undefined {
    const key = announcementKey(announcement);
    const instances = this.instances(announcement.prefix);
    const at = instances.findIndex((instance) => instance.key === key);
    const known = instances[at];
    if (known === undefined) {
      const instance = { key, announcement, since: now };
      this.#byPrefix.set(announcement.prefix, [...instances, instance]);
      return { type: 'registered', instance };
    }
    if (sameAnnouncement(known.announcement, announcement)) return undefined;
    const instance = { ...known, announcement };
    this.#byPrefix.set(announcement.prefix, instances.with(at, instance));
    return { type: 'updated', instance };
  }

  exit(announcement: Announcement): Change | undefined {
    const key = announcementKey(announcement);
    const instances = this.instances(announcement.prefix);
    const instance = instances.find((candidate) => candidate.key === key);
    if (instance === undefined) return undefined;
    this.#byPrefix.set(
      announcement.prefix,
      instances.filter((candidate) => candidate !== instance),
    );
    return { type: 'unregistered', instance };
  }

  /** Whether any instance of this canonical prefix was ever heard of. */
  knows(prefix: string): boolean {
    return this.#byPrefix.has(prefix);
  }

  /** The instances of one canonical prefix, in the order they came. */
  instances(prefix: string): readonly Instance[] {
    return this.#byPrefix.get(prefix) ?? NO_INSTANCES;
  }

  /** All instances, by prefix and then in the order they came. */
  all(): Instance[] {
    return [...this.#byPrefix.keys()].toSorted().flatMap((prefix) => this.instances(prefix));
  }
}

function sameAnnouncement(a: Announcement, b: Announcement): boolean {
  return canonicalJson(encodeAnnouncement(a)) === canonicalJson(encodeAnnouncement(b));
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
