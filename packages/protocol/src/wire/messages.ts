import { encodeAnnouncement } from './announcement.ts';
import { digestOf } from './digest.ts';
import type { EventName, TableData } from './events.ts';
import type { Statement } from './statement.ts';

/** A message for an observer to publish. */
export interface Message {
  /** The channel: the registry, that of the owners, or the presence channel of the instance with this id. */
  readonly to: 'registry' | 'owners' | { readonly id: string };
  readonly event: EventName;
  readonly data: unknown;
}

/**
 * How many bytes of a digest, or of statements, an event may carry. Pusher allows 10 KB (10,240 bytes) of data; the rest
 * is for the other fields. Sealed data is in base64, and has the names of the event and of the channel.
 */
export const EVENT_BYTES = { plain: 10_000, sealed: 7_200 } as const;

/** A roll call: asks for what these statements lack. */
export function rollCallMessage(
  to: 'registry' | 'owners',
  nonce: string,
  statements: readonly Statement[],
  maxBytes: number,
  mark: { from?: string; echo?: true } = {},
): Message {
  const digest = digestOf(statements, maxBytes);
  return { to, event: 'rollcall', data: { nonce, digest, size: statements.length, ...mark } };
}

/**
 * Answers to a roll call: statements, split so that each part fits one event. No statements are one empty part,
 * because that is an answer too. A statement that does not fit an event cannot have come in one, and is left
 * out.
 */
export function tableMessages(
  nonce: string,
  statements: readonly Statement[],
  maxBytes: number,
): Message[] {
  const pieces: (TableData & { up: unknown[]; left: unknown[] })[] = [];
  let room = -1;
  for (const { announcement, left } of statements) {
    const encoded = encodeAnnouncement(announcement);
    const size = bytesOf(JSON.stringify(encoded)) + 1;
    if (size > maxBytes) continue;
    if (size > room) {
      pieces.push({ nonce, up: [], left: [] });
      room = maxBytes;
    }
    pieces.at(-1)?.[left ? 'left' : 'up'].push(encoded);
    room -= size;
  }
  if (pieces.length === 0) pieces.push({ nonce, up: [], left: [] });
  return pieces.map((data) => ({ to: 'registry', event: 'table', data }));
}

/** Reports instances of which a probe has failed. */
export function findingMessage(from: string, keys: readonly string[]): Message {
  return { to: 'registry', event: 'finding', data: { from, keys } };
}

/** An upper bound: each character outside ASCII counts as the longest that UTF-8 has for one UTF-16 unit. */
function bytesOf(json: string): number {
  let bytes = json.length;
  for (let at = 0; at < json.length; at++) if (json.charCodeAt(at) > 127) bytes += 2;
  return bytes;
}
