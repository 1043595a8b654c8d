import { isRecord, parseAnnouncement } from './announcement.ts';
import type { Announcement } from './announcement.ts';
import { accept, quote, refuse } from './refusal.ts';
import type { Parsed, Refusal } from './refusal.ts';

/** The channel that is the registry. */
export const CHANNEL = 'mapped-discovery';

export const EVENTS = ['register', 'exit', 'rollcall', 'table'] as const;
export type EventName = (typeof EVENTS)[number];

export type DiscoveryEvent =
  | { readonly type: 'register'; readonly announcement: Announcement }
  | { readonly type: 'exit'; readonly announcement: Announcement }
  /** An observer that has just come asks those that have a table for it. */
  | { readonly type: 'rollcall'; readonly nonce: string }
  /** A piece of a table: the answer to the roll call with that nonce. */
  | {
      readonly type: 'table';
      readonly nonce: string;
      readonly announcements: readonly Announcement[];
      /** Announcements of the piece that were refused. They do not take the others with them. */
      readonly refusals: readonly Refusal[];
    };

/** Reads one event of the channel. `data` is what JSON decoding gave, or text that was no JSON. */
export function parseDiscoveryEvent(name: EventName, data: unknown): Parsed<DiscoveryEvent> {
  switch (name) {
    case 'register':
    case 'exit': {
      const announcement = parseAnnouncement(data);
      return announcement.ok
        ? accept({ type: name, announcement: announcement.value })
        : announcement;
    }
    case 'rollcall': {
      const nonce = readNonce(data);
      return nonce === undefined ? badNonce(name, data) : accept({ type: name, nonce });
    }
    case 'table':
      return parseTable(data);
  }
}

function parseTable(data: unknown): Parsed<DiscoveryEvent> {
  const nonce = readNonce(data);
  if (nonce === undefined) return badNonce('table', data);
  const list = isRecord(data) ? data['announcements'] : undefined;
  if (!Array.isArray(list)) {
    return refuse(
      'bad-event',
      `table.announcements is ${quote(list)}; it must be a list of announcements`,
    );
  }
  const announcements: Announcement[] = [];
  const refusals: Refusal[] = [];
  for (const item of list) {
    const parsed = parseAnnouncement(item);
    if (parsed.ok) announcements.push(parsed.value);
    else refusals.push(parsed.refusal);
  }
  return accept({ type: 'table', nonce, announcements, refusals });
}

function readNonce(data: unknown): string | undefined {
  const nonce = isRecord(data) ? data['nonce'] : undefined;
  return typeof nonce === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(nonce) ? nonce : undefined;
}

function badNonce(name: string, data: unknown): Parsed<never> {
  const nonce = isRecord(data) ? data['nonce'] : data;
  return refuse(
    'bad-event',
    `${name}.nonce is ${quote(nonce)}; it must be 1 to 64 of A-Z a-z 0-9 _ -`,
  );
}
