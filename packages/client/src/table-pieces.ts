/** A Pusher event carries at most 10 KB (10 240 bytes); the rest is for the nonce and the braces. */
const PIECE_BYTES = 10_000;

/**
 * Splits announcements so that each piece fits one event. An empty table is one empty piece: it is an
 * answer too. What does not fit an event alone cannot have come by one, and is left out.
 */
export function inPieces(
  announcements: readonly Record<string, unknown>[],
): Record<string, unknown>[][] {
  const pieces: Record<string, unknown>[][] = [[]];
  let room = PIECE_BYTES;
  for (const announcement of announcements) {
    const size = Buffer.byteLength(JSON.stringify(announcement)) + 1;
    if (size > PIECE_BYTES) continue;
    if (size > room) {
      pieces.push([]);
      room = PIECE_BYTES;
    }
    pieces.at(-1)?.push(announcement);
    room -= size;
  }
  return pieces;
}
