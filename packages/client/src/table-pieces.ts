import { encodeAnnouncement } from '@rollcall/protocol';
import type { Statement, TablePiece } from '@rollcall/protocol';

/** A Pusher event carries at most 10 KB (10 240 bytes); the rest is for the nonce and the braces. */
const PIECE_BYTES = 10_000;

/**
 * Splits statements so that each piece fits one event. Nothing to say is one empty piece: it is an
 * answer too. What does not fit an event alone cannot have come by one, and is left out.
 */
export function inPieces(nonce: string, statements: readonly Statement[]): TablePiece[] {
  const pieces: { nonce: string; up: unknown[]; left: unknown[] }[] = [];
  let room = -1;
  for (const { announcement, left } of statements) {
    const encoded = encodeAnnouncement(announcement);
    // Escaped once more, since the event's data is itself a JSON string in JSON.
    const size = Buffer.byteLength(JSON.stringify(JSON.stringify(encoded)));
    if (size > PIECE_BYTES) continue;
    if (size > room) {
      pieces.push({ nonce, up: [], left: [] });
      room = PIECE_BYTES;
    }
    pieces.at(-1)?.[left ? 'left' : 'up'].push(encoded);
    room -= size;
  }
  return pieces.length > 0 ? pieces : [{ nonce, up: [], left: [] }];
}
