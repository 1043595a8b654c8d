import { encodeAnnouncement } from './announcement.ts';
import type { Announcement } from './announcement.ts';

/** Something that was said of an instance: what it announced, and whether it has left. */
export interface Statement {
  readonly announcement: Announcement;
  readonly left: boolean;
}

/** A statement whose instance numbers its own words, so that order of arrival does not matter. */
export interface Versioned {
  readonly id: string;
  readonly inc: number;
  readonly seq: number;
}

/** The numbers of an announcement; nothing if it is legacy. */
export function versionOf({ id, inc, seq }: Announcement): Versioned | undefined {
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

/**
 * Joins two statements of one versioned instance: commutative, associative and idempotent, so that
 * loss, repetition and disorder of messages cannot make two observers differ for good.
 *
 * The higher incarnation wins whole. Within one, what was said last (by `seq`) and whether it has
 * left are joined apart: an exit that is overtaken by an older update still ends the incarnation.
 */
export function join(a: Statement, b: Statement): Statement {
  const [incA, incB] = [a.announcement.inc ?? 0, b.announcement.inc ?? 0];
  if (incA !== incB) return incA > incB ? a : b;
  return {
    announcement: latest(a.announcement, b.announcement),
    left: a.left || b.left,
  };
}

/** Whether two announcements claim to be the same version and yet differ: two instances share one id. */
export function conflicts(a: Announcement, b: Announcement): boolean {
  return a.inc === b.inc && (a.seq ?? 0) === (b.seq ?? 0) && !sameAnnouncement(a, b);
}

export function sameAnnouncement(a: Announcement, b: Announcement): boolean {
  return a === b || canonicalJson(a) === canonicalJson(b);
}

function latest(a: Announcement, b: Announcement): Announcement {
  const [seqA, seqB] = [a.seq ?? 0, b.seq ?? 0];
  if (seqA !== seqB) return seqA > seqB ? a : b;
  // An order that every observer computes alike, for want of one that means something.
  return canonicalJson(a) >= canonicalJson(b) ? a : b;
}

/** The announcement as JSON with its fields in order, at every depth. */
function canonicalJson(announcement: Announcement): string {
  return JSON.stringify(encodeAnnouncement(announcement), (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
