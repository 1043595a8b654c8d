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

/** A roll call: asks for what these statements lack. */
export function rollCallMessage(
  to: 'registry' | 'owners',
  nonce: string,
  statements: readonly Statement[],
  mark: { from?: string; echo?: true } = {},
): Message {
  const digest = digestOf(statements);
  return { to, event: 'rollcall', data: { nonce, digest, size: statements.length, ...mark } };
}

/** A Pusher event carries at most 10 KB (10,240 bytes). The rest is for the nonce and the braces. */
const MAX_STATEMENT_BYTES = 10_000;

/**
 * Answers to a roll call: statements, split so that each part fits one event. No statements are one empty part,
 * because that is an answer too. A statement that does not fit an event cannot have come in one, and is left
 * out.
 */
export function tableMessages(nonce: string, statements: readonly Statement[]): Message[] {
  const pieces: (TableData & { up: unknown[]; left: unknown[] })[] = [];
  let room = -1;
  for (const { announcement, left } of statements) {
    const encoded = encodeAnnouncement(announcement);
    const size = bytesOf(JSON.stringify(encoded)) + 1;
    if (size > MAX_STATEMENT_BYTES) continue;
    if (size > room) {
      pieces.push({ nonce, up: [], left: [] });
      room = MAX_STATEMENT_BYTES;
    }
    pieces.at(-1)?.[left ? 'left' : 'up'].push(encoded);
    room -= size;
  }
  if (pieces.length === 0) pieces.push({ nonce, up: [], left: [] });
  return pieces.map((data) => ({ to: 'registry', event: 'table', data }));
}

/** An upper bound: each character outside ASCII counts as the longest that UTF-8 has for one UTF-16 unit. */
function bytesOf(json: string): number {
  let bytes = json.length;
  for (let at = 0; at < json.length; at++) if (json.charCodeAt(at) > 127) bytes += 2;
  return bytes;
}
