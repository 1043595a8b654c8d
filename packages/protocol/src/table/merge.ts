import { encodeAnnouncement } from '../wire/announcement.ts';
import type { Announcement } from '../wire/announcement-types.ts';
import type { Statement } from '../wire/statement.ts';

/**
 * Joins two statements about one versioned instance. The join is commutative, associative and idempotent,
 * so that loss, repetition and reordering of messages cannot make two observers differ for good.
 *
 * The statement with the higher incarnation wins whole. Within one incarnation, the announcement with the
 * higher `seq` wins, and an exit by either statement counts: an exit that an older update overtakes still
 * ends the incarnation.
 */
export function join(a: Statement, b: Statement): Statement {
  const [incA, incB] = [a.announcement.inc ?? 0, b.announcement.inc ?? 0];
  if (incA !== incB) return incA > incB ? a : b;
  return {
    announcement: latest(a.announcement, b.announcement),
    left: a.left || b.left,
  };
}

/** Whether two announcements claim the same version and differ: two instances share one id. */
export function conflicts(a: Announcement, b: Announcement): boolean {
  return a.inc === b.inc && (a.seq ?? 0) === (b.seq ?? 0) && !sameAnnouncement(a, b);
}

export function sameAnnouncement(a: Announcement, b: Announcement): boolean {
  return a === b || canonicalJson(a) === canonicalJson(b);
}

function latest(a: Announcement, b: Announcement): Announcement {
  const [seqA, seqB] = [a.seq ?? 0, b.seq ?? 0];
  if (seqA !== seqB) return seqA > seqB ? a : b;
  // Any order will do, as long as every observer computes the same one.
  return canonicalJson(a) >= canonicalJson(b) ? a : b;
}

/** The announcement as JSON with its fields sorted, at every depth. */
function canonicalJson(announcement: Announcement): string {
  return JSON.stringify(encodeAnnouncement(announcement), (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
