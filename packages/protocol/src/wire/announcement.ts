import { isDeeperThan, isRecord, quote } from '../untrusted.ts';
import { ANNOUNCEMENT_FIELDS } from './announcement-fields.ts';
import type { Announcement } from './announcement-types.ts';
import { readFields } from './read-field.ts';
import { accept, refuse } from './refusal.ts';
import type { Parsed } from './refusal.ts';
import { schemeFacts } from './scheme.ts';

const KNOWN_FIELDS: ReadonlySet<string> = new Set(ANNOUNCEMENT_FIELDS.map(({ name }) => name));
/** Programs may walk an announcement by recursion. 10 KB of brackets would be 5000 deep. */
const MAX_DEPTH = 16;
/** What the object of a presence member may hold: an announcement with an id is sent as one. */
const MAX_ENCODED_BYTES = 1024;

/**
 * Reads an announcement that came over the channel. Nothing in it is trusted: the first invalid field refuses
 * the announcement as a whole. Unknown fields are kept in `extra`.
 */
export function parseAnnouncement(input: unknown): Parsed<Announcement> {
  if (!isRecord(input)) {
    return refuse(
      'bad-announcement',
      `the announcement is ${quote(input)}; it must be an object {prefix, port, address}`,
    );
  }
  const known = readFields(input, ANNOUNCEMENT_FIELDS, ({ code }) => code);
  if (!known.ok) return known;
  const fields = known.value;
  // An incarnation without a number for its announcements has one announcement only.
  if (fields['inc'] !== undefined) fields['seq'] ??= 0;
  if (isDeeperThan(MAX_DEPTH, input)) {
    return refuse('bad-announcement', `the announcement is nested more than ${MAX_DEPTH} deep`);
  }
  const extra = Object.entries(input).filter(([field]) => !KNOWN_FIELDS.has(field));
  return checkWhole({
    ...fields,
    ...(extra.length > 0 && { extra: Object.fromEntries(extra) }),
  } as unknown as Announcement);
}

/** The rules that hold between fields. */
function checkWhole(announcement: Announcement): Parsed<Announcement> {
  const { id, inc, seq } = announcement;
  if (inc !== undefined && id === undefined) {
    return refuse(
      'bad-inc',
      'inc is given without id; it counts the runs of the instance with that id',
    );
  }
  if (seq !== undefined && inc === undefined) {
    return refuse('bad-seq', 'seq is given without inc; it counts versions within an incarnation');
  }
  const identity = checkIdentity(announcement);
  if (!identity.ok) return identity;
  const bytes = utf8Bytes(JSON.stringify(encodeAnnouncement(announcement)));
  if (id !== undefined && bytes > MAX_ENCODED_BYTES) {
    return refuse(
      'too-large',
      `the announcement has ${bytes} bytes as JSON; with an id at most ${MAX_ENCODED_BYTES} are allowed`,
    );
  }
  return accept(announcement);
}

function checkIdentity(announcement: Announcement): Parsed<Announcement> {
  const { tls, scheme = 'http' } = announcement;
  if (tls === undefined) return accept(announcement);
  if (!schemeFacts(announcement).isSecure)
    return refuse('bad-tls', `tls is given, and scheme is ${scheme}; it must be https or h2`);
  if (tls.serverName === undefined && tls.spiffeId === undefined)
    return refuse('bad-tls', 'tls is empty; it must have a serverName or a spiffeId');
  return accept(announcement);
}

/** The length in bytes, which is what brokers limit. JSON has no lone surrogates: they are escaped in it. */
function utf8Bytes(json: string): number {
  return encodeURIComponent(json).replace(/%../g, '.').length;
}

/** The announcement as it is sent over the channel. */
export function encodeAnnouncement(announcement: Announcement): Record<string, unknown> {
  const { extra, ...known } = announcement;
  return { ...extra, ...known };
}
