import { parseAnnouncement } from './announcement.ts';
import { isRecord, quote } from '../untrusted.ts';
import type { Announcement } from './announcement-types.ts';
import type { Statement } from './statement.ts';
import { accept, refuse } from './refusal.ts';
import type { Parsed, Refusal } from './refusal.ts';

export const EVENTS = ['register', 'exit', 'rollcall', 'table'] as const;
export type EventName = (typeof EVENTS)[number];

export type DiscoveryEvent =
  | { readonly type: 'register'; readonly announcement: Announcement }
  | { readonly type: 'exit'; readonly announcement: Announcement }
  /** An observer asks for what it does not know: `digest` says what it does (digest.ts). */
  | {
      readonly type: 'rollcall';
      readonly nonce: string;
      readonly digest: string;
      /** How many instances the asker thinks there are: who answers spreads accordingly. */
      readonly size: number;
      /** It was itself caused by a roll call, and causes no other. */
      readonly isEcho: boolean;
      /** The name of the gateway that asks; other observers give none. */
      readonly from?: string;
    }
  /** A piece of a table: an answer to the roll call with that nonce. */
  | {
      readonly type: 'table';
      readonly nonce: string;
      readonly statements: readonly Statement[];
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
      if (nonce === undefined) return badNonce(name, data);
      const { digest, size, echo, from } = isRecord(data) ? data : {};
      return accept({
        type: name,
        nonce,
        digest: typeof digest === 'string' ? digest : '',
        size: typeof size === 'number' && size > 0 ? size : 0,
        isEcho: echo === true,
        ...(isName(from) && { from }),
      });
    }
    case 'table':
      return parseTable(data);
  }
}

function isName(from: unknown): from is string {
  return typeof from === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(from);
}

/** A piece of a table as it goes over the channel. */
export interface TablePiece {
  readonly nonce: string;
  readonly up: readonly unknown[];
  readonly left: readonly unknown[];
}

function parseTable(data: unknown): Parsed<DiscoveryEvent> {
  const nonce = readNonce(data);
  if (!isRecord(data) || nonce === undefined) return badNonce('table', data);
  const statements: Statement[] = [];
  const refusals: Refusal[] = [];
  for (const field of ['up', 'left']) {
    const list = data[field];
    if (!Array.isArray(list)) {
      return refuse(
        'bad-event',
        `table.${field} is ${quote(list)}; it must be a list of announcements`,
      );
    }
    for (const item of list) {
      const parsed = parseAnnouncement(item);
      if (parsed.ok) statements.push({ announcement: parsed.value, left: field === 'left' });
      else refusals.push(parsed.refusal);
    }
  }
  return accept({ type: 'table', nonce, statements, refusals });
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
