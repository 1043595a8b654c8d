import type { Announcement } from '../wire/announcement-types.ts';
import type { Entry } from './entry.ts';

/** An address and a port, as one key. */
function endpointOf({ address, port }: Pick<Announcement, 'address' | 'port'>): string {
  return `${address} ${port}`;
}

/** Whether two announcements have one address and port. */
export function isSameEndpoint(a: Announcement, b: Announcement): boolean {
  return a.address === b.address && a.port === b.port;
}

/** Entries by address and port. Usually there is one at each. */
export class Endpoints {
  readonly #entries = new Map<string, Set<Entry>>();

  /** Adds an entry and returns all at its endpoint, itself included. */
  add(entry: Entry): ReadonlySet<Entry> {
    const endpoint = endpointOf(entry.announcement);
    const known = this.#entries.get(endpoint);
    if (known !== undefined) return known.add(entry);
    const entries = new Set([entry]);
    this.#entries.set(endpoint, entries);
    return entries;
  }

  /** Removes an entry and returns the ones that remain at its endpoint. */
  remove(entry: Entry): ReadonlySet<Entry> {
    const endpoint = endpointOf(entry.announcement);
    const entries = this.#entries.get(endpoint);
    if (entries === undefined) return NONE;
    entries.delete(entry);
    if (entries.size === 0) this.#entries.delete(endpoint);
    return entries;
  }

  /** All entries at the endpoint of an entry. */
  at({ announcement }: Entry): ReadonlySet<Entry> {
    return this.#entries.get(endpointOf(announcement)) ?? NONE;
  }

  /** The other runs of the same service at the endpoint of an entry. They may be removed meanwhile. */
  siblings(entry: Entry): Entry[] {
    const { prefix } = entry.announcement;
    return this.others(entry).filter((each) => each.announcement.prefix === prefix);
  }

  /** The other entries at the endpoint of an entry. They may be removed meanwhile. */
  others(entry: Entry): Entry[] {
    const entries = this.at(entry);
    return entries.size < 2 ? [] : [...entries].filter((each) => each !== entry);
  }
}

const NONE: ReadonlySet<Entry> = new Set();
