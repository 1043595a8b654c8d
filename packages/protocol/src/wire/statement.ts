import type { Announcement } from './announcement-types.ts';

/** Something that was said of an instance: what it announced, and whether it has left. */
export interface Statement {
  /** What the instance announced. */
  readonly announcement: Announcement;
  /** Whether it has left. */
  readonly left: boolean;
}

/** A statement whose instance numbers its own words, so that order of arrival does not matter. */
export interface Version {
  readonly id: string;
  readonly inc: number;
  readonly seq: number;
}

/** The numbers of an announcement; nothing if it is legacy. */
export function versionOf({ id, inc, seq }: Announcement): Version | undefined {
  return id === undefined || inc === undefined ? undefined : { id, inc, seq: seq ?? 0 };
}

/**
 * What tells one instance from another. Legacy instances are told apart by where they listen: two
 * programs cannot share an address and port.
 */
export function instanceKey(announcement: Announcement): string {
  const version = versionOf(announcement);
  if (version !== undefined) return version.id;
  return `${announcement.prefix} ${announcement.address} ${announcement.port}`;
}
