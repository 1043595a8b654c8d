import { encodeAnnouncement } from './announcement.ts';
import { digestOf } from './digest.ts';
import type { EventName, TablePiece } from './events.ts';
import type { Statement } from './statement.ts';

/** What an observer says on the channel. */
export interface Message {
  /** The registry, the owners' channel, or the presence channel of the instance with this id. */
  readonly to: 'registry' | 'owners' | { readonly id: string };
  readonly event: EventName;
  readonly data: unknown;
}

/** Asks for what the digest of these has not. */
export function rollCall(
  to: 'registry' | 'owners',
  nonce: string,
  statements: readonly Statement[],
  mark: { from?: string; echo?: true } = {},
): Message {
  const digest = digestOf(statements);
  return { to, event: 'rollcall', data: { nonce, digest, size: statements.length, ...mark } };
}

/** A Pusher event carries at most 10 KB (10 240 bytes); the rest is for the nonce and the braces. */
const PIECE_BYTES = 10_000;

/**
 * Splits statements so that each piece fits one event. Nothing to say is one empty piece: it is an
 * answer too. What does not fit an event alone cannot have come by one, and is left out.
 */
export function answersTo(nonce: string, statements: readonly Statement[]): Message[] {
  const pieces: (TablePiece & { up: unknown[]; left: unknown[] })[] = [];
  let room = -1;
  for (const { announcement, left } of statements) {
    const encoded = encodeAnnouncement(announcement);
    const size = bytesOf(JSON.stringify(encoded)) + 1;
    if (size > PIECE_BYTES) continue;
    if (size > room) {
      pieces.push({ nonce, up: [], left: [] });
      room = PIECE_BYTES;
    }
    pieces.at(-1)?.[left ? 'left' : 'up'].push(encoded);
    room -= size;
  }
  if (pieces.length === 0) pieces.push({ nonce, up: [], left: [] });
  return pieces.map((data) => ({ to: 'registry', event: 'table', data }));
}

/** At most: every character outside ASCII is taken for the longest that UTF-8 has for one UTF-16 unit. */
function bytesOf(json: string): number {
  let bytes = json.length;
  for (let at = 0; at < json.length; at++) if (json.charCodeAt(at) > 127) bytes += 2;
  return bytes;
}
