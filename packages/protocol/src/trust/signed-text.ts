import { encodeAnnouncement } from '../wire/announcement.ts';
import { canonicalJson } from '../wire/canonical-json.ts';
import type { Statement } from '../wire/statement.ts';

/**
 * The text that a signature of a statement covers: what it says, of which registry, and the announcement in canonical form,
 * without the signature. A `register` and an `exit` differ, so that a captured one is never taken for the other.
 * @param registry the name of the registry's channel
 */
export function signedText(registry: string, { announcement, left }: Statement): string {
  const { sig: _, ...fields } = encodeAnnouncement(announcement);
  return `rollcall ${left ? 'exit' : 'register'} ${registry}\n${canonicalJson(fields)}`;
}
