import { parseAnnouncement } from './announcement.ts';
import { isRecord, quote } from '../untrusted.ts';
import type { Announcement } from './announcement-types.ts';
import type { Statement } from './statement.ts';
import { accept, refuse, refuseUnreadable } from './refusal.ts';
import type { Parsed, Refusal } from './refusal.ts';

/** The names of the events that observers read. */
export const EVENTS = ['register', 'exit', 'rollcall', 'table', 'finding'] as const;
export type EventName = (typeof EVENTS)[number];

/** Whether observers read events of this name. */
export function isEventName(name: string): name is EventName {
  return EVENTS.some((each) => each === name);
}

export type DiscoveryEvent =
  | { readonly type: 'register'; readonly announcement: Announcement }
  | { readonly type: 'exit'; readonly announcement: Announcement }
  /** An observer asks for the entries that its table lacks. */
  | {
      readonly type: 'rollcall';
      readonly nonce: string;
      /** What its table has: see digest.ts. */
      readonly digest: string;
      /** How many entries its table has. Answers are spread over a time in proportion to this. */
      readonly size: number;
      /** It was caused by another roll call, and causes none itself. */
      readonly isEcho: boolean;
      /** The name of the gateway that asks. Other observers give none. */
      readonly from?: string;
    }
  /** A part of a table: an answer to the roll call with that nonce. */
  | {
      readonly type: 'table';
      readonly nonce: string;
      readonly statements: readonly Statement[];
      /** Why announcements in it were refused. The others are accepted nevertheless. */
      readonly refusals: readonly Refusal[];
    }
  /** A gateway reports instances of which a probe has failed. */
  | { readonly type: 'finding'; readonly from: string; readonly keys: readonly string[] };

/** Reads one event of the channel. `data` is decoded JSON, text that was not JSON, or undefined if it could not be decrypted. */
export function parseDiscoveryEvent(name: EventName, data: unknown): Parsed<DiscoveryEvent> {
  if (data === undefined) return refuseUnreadable();
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
    case 'finding':
      return parseFinding(data);
  }
}

function isName(from: unknown): from is string {
  return typeof from === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(from);
}

/** The data of a `table` event. The keys are part of the wire protocol: `up` are instances, `left` exits. */
export interface TableData {
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

function parseFinding(data: unknown): Parsed<DiscoveryEvent> {
  const { from, keys } = isRecord(data) ? data : {};
  if (!isName(from))
    return refuse(
      'bad-event',
      `finding.from is ${quote(from)}; it must be 1 to 64 of A-Z a-z 0-9 _ . -`,
    );
  if (!Array.isArray(keys))
    return refuse('bad-event', `finding.keys is ${quote(keys)}; it must be a list`);
  return accept({ type: 'finding', from, keys: keys.filter((key) => typeof key === 'string') });
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
