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

const NONE: readonly Entry[] = [];

/**
 * Entries by address and port. Usually there is one at each, for which an array takes a third of what a set does, if it is made
 * by concat(): one that grows, as by a spread, has room for sixteen more.
 */
export class Endpoints {
  readonly #entries = new Map<string, readonly Entry[]>();

  /** Adds an entry and returns all at its endpoint, itself included. */
  add(entry: Entry): readonly Entry[] {
    const endpoint = endpointOf(entry.announcement);
    const entries = this.at(entry).concat(entry);
    this.#entries.set(endpoint, entries);
    return entries;
  }

  /** Removes an entry and returns the ones that remain at its endpoint. */
  remove(entry: Entry): readonly Entry[] {
    const endpoint = endpointOf(entry.announcement);
    const entries = this.others(entry);
    if (entries.length === 0) this.#entries.delete(endpoint);
    else this.#entries.set(endpoint, entries);
    return entries;
  }

  /** All entries at the endpoint of an entry. */
  at({ announcement }: Entry): readonly Entry[] {
    return this.#entries.get(endpointOf(announcement)) ?? NONE;
  }

  /** The other runs of the same service at the endpoint of an entry. */
  siblings(entry: Entry): readonly Entry[] {
    const { prefix } = entry.announcement;
    return this.others(entry).filter((each) => each.announcement.prefix === prefix);
  }

  /** The other entries at the endpoint of an entry. */
  others(entry: Entry): readonly Entry[] {
    return this.at(entry).filter((each) => each !== entry);
  }
}
