import { createHash } from 'node:crypto';
import { parseAnnouncement, RollcallError } from '@rollcall/protocol';
import type { Announcement } from '@rollcall/protocol';

const ID_DIGITS = 24;

/**
 * Returns an announcement with the fields that options have set.
 * @throws RollcallError ROLLCALL_ANNOUNCEMENT
 */
export function checkedAnnouncement(fields: Readonly<Record<string, unknown>>): Announcement {
  const parsed = parseAnnouncement(fields);
  if (parsed.ok) return parsed.value;
  throw new RollcallError('ROLLCALL_ANNOUNCEMENT', `cannot register: ${parsed.refusal.reason}`);
}

/** Returns an id made of some facts, so that observers take what is announced again for the same instance, and not for one more. */
export function stableId(command: string, facts: readonly (string | number)[]): string {
  const hash = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
  return `${command}-${hash.slice(0, ID_DIGITS)}`;
}
