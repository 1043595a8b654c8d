import type { Member } from '../pusher/member.ts';
import { quote } from '../untrusted.ts';
import type { Announcement } from '../wire/announcement-types.ts';
import { parseAnnouncement } from '../wire/announcement.ts';
import { parsePresenceUserId } from '../wire/channels.ts';
import { refuse, refuseUnreadable } from '../wire/refusal.ts';
import type { Parsed } from '../wire/refusal.ts';

/**
 * Reads the announcement of a member of an instance's presence channel. A member that announces another
 * instance, or another run than its user_id names, is refused.
 */
export function parsePresenceMember(
  id: string,
  { userId, userInfo }: Member,
): Parsed<Announcement> {
  if (userInfo === undefined) return refuseUnreadable();
  const parsed = parseAnnouncement(userInfo);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  if (value.id === id && isRunOf(userId, id, value.inc)) return parsed;
  return refuse(
    'bad-announcement',
    `a member ${quote(userId)} of the presence channel of ${quote(id)} announces ${quote(value.id)}; it must be the id and the inc that its user_id names`,
  );
}

/** Whether a member's user_id names this run of this instance. */
export function isRunOf(userId: string, id: string, inc: number | undefined): boolean {
  const run = parsePresenceUserId(userId);
  return run !== undefined && run.id === id && run.inc === inc;
}
