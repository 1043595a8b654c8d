import { encodeAnnouncement } from '../wire/announcement.ts';
import type { Announcement } from '../wire/announcement-types.ts';
import { canonicalJson } from '../wire/canonical-json.ts';
import type { Statement } from '../wire/statement.ts';

/**
 * Joins two statements about one versioned instance. The join is commutative, associative and idempotent,
 * so that loss, repetition and reordering of messages cannot make two observers differ for good.
 *
 * The statement with the higher incarnation wins, whole, because its owner may have signed it as it is. Within one
 * incarnation, an exit wins, even if an update overtakes it: it ends the incarnation. Otherwise the higher `seq` wins.
 */
export function join(a: Statement, b: Statement): Statement {
  const [incA, incB] = [a.announcement.inc ?? 0, b.announcement.inc ?? 0];
  if (incA !== incB) return incA > incB ? a : b;
  if (a.left !== b.left) return a.left ? a : b;
  return latest(a.announcement, b.announcement) === a.announcement ? a : b;
}

/** Whether two announcements claim the same version and differ: two instances share one id. */
export function conflicts(a: Announcement, b: Announcement): boolean {
  return a.inc === b.inc && (a.seq ?? 0) === (b.seq ?? 0) && !sameAnnouncement(a, b);
}

export function sameAnnouncement(a: Announcement, b: Announcement): boolean {
  return a === b || textOf(a) === textOf(b);
}

function latest(a: Announcement, b: Announcement): Announcement {
  const [seqA, seqB] = [a.seq ?? 0, b.seq ?? 0];
  if (seqA !== seqB) return seqA > seqB ? a : b;
  // Any order will do, as long as every observer computes the same one.
  return textOf(a) >= textOf(b) ? a : b;
}

function textOf(announcement: Announcement): string {
  return canonicalJson(encodeAnnouncement(announcement));
}
