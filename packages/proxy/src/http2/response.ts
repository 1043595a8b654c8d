import { valueBetween } from '../http1/syntax.ts';
import type { ResponseHead } from '../message.ts';
import { encodeField } from './hpack-encoder.ts';

/** What HTTP/2 does not have: of a 426 (RFC 9113 §8.2.2), and of a tunnel (RFC 8441 §5). */
const NOT_IN_HTTP2: ReadonlySet<string> = new Set([
  'connection',
  'upgrade',
  'sec-websocket-accept',
]);

const blocks = new WeakMap<ResponseHead, string>();

/** Returns the head of a response as a block of fields. What of it may be the same for several is encoded once. */
export function responseBlock(head: ResponseHead, requestId: string): string {
  let block = blocks.get(head);
  if (block === undefined) {
    block = headBlock(head, head.status);
    blocks.set(head, block);
  }
  if (!head.hasDate) block += encodeField('date', new Date().toUTCString());
  if (!head.hasRequestId) block += encodeField('x-request-id', requestId);
  return block;
}

/**
 * Returns the head of a 1xx, or of what opens a tunnel, as a block of fields.
 * @param status for the client: HTTP/2 has no 101
 */
export function headBlock(head: ResponseHead, status: number): string {
  // RFC 9110 §8.6: neither has a Content-Length.
  const hasNoLength = head.status < 200 || head.status === 204;
  return encodeField(':status', String(status)) + encodeLines(head.fields, hasNoLength);
}

/** Returns trailers as a block of fields. @param lines each with its CRLF */
export function trailerBlock(lines: string): string {
  return encodeLines(lines, false);
}

function encodeLines(lines: string, hasNoLength: boolean): string {
  let block = '';
  for (let at = 0; at < lines.length;) {
    const colon = lines.indexOf(':', at);
    const end = lines.indexOf('\r\n', colon);
    const name = lines.slice(at, colon).toLowerCase();
    const isDropped = NOT_IN_HTTP2.has(name) || (hasNoLength && name === 'content-length');
    if (!isDropped) block += encodeField(name, valueBetween(lines, colon + 1, end));
    at = end + 2;
  }
  return block;
}
