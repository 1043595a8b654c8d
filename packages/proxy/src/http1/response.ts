import { BAD_LENGTH, fieldValue, NO_LENGTH, scanFields } from './fields.ts';
import { CHUNKED, UNTIL_CLOSE } from './framing.ts';
import { MAX_KEPT } from './head-reader.ts';
import type { ResponseHead } from '../message.ts';
import { FIELDS } from './syntax.ts';

/** The head of a response by HTTP/1.x, checked, and ready to be passed on. Its length may be CHUNKED or UNTIL_CLOSE. */
export interface Http1Response extends ResponseHead {
  readonly ok: true;
  /** Whether the connection may carry another request. */
  readonly persists: boolean;
  /** For how long the upstream keeps the connection idle, in seconds; 0 if it does not say. */
  readonly keepAliveSeconds: number;
}

export interface BadResponse {
  readonly ok: false;
  readonly reason: string;
}

const STATUS_LINE = 'HTTP\\/1\\.[01] [1-9][0-9][0-9](?: [\\t\\x20-\\x7e\\x80-\\xff]*)?\\r\\n';
const RESPONSE = new RegExp(`^${STATUS_LINE}${FIELDS}$`);
const BEGUN = new RegExp(`^(?:${STATUS_LINE}${FIELDS})?$`);

/** Returns whether a response can begin with these whole lines. */
export function canBeginResponse(lines: string): boolean {
  return BEGUN.test(lines);
}

/** Returns what it returned before if the head is the same: see HeadReader. */
export class ResponseParser {
  #head = '';
  #method = '';
  #parsed: Http1Response | BadResponse | undefined;

  /** @param head from the status line to the CRLF of the last field, as Latin-1 */
  parse(head: string, method: string): Http1Response | BadResponse {
    if (this.#parsed === undefined || head !== this.#head || method !== this.#method) {
      // A connection that is kept is not to keep a large head.
      if (head.length > MAX_KEPT) return parseResponse(head, method);
      this.#parsed = parseResponse(head, method);
      this.#head = head;
      this.#method = method;
    }
    return this.#parsed;
  }
}

/** Parses a head. @param head from the status line to the CRLF of the last field, as Latin-1 */
export function parseResponse(head: string, method: string): Http1Response | BadResponse {
  if (!RESPONSE.test(head)) return bad('sent a response that is not valid HTTP/1.1');
  const lineEnd = head.indexOf('\r\n');
  const statusLine = head.slice(9, lineEnd);
  const status = Number(head.slice(9, 12));
  const fields = scanFields(head, lineEnd + 2, false);
  const { contentLength, transferEncoding } = fields;
  if (contentLength === BAD_LENGTH)
    return bad('sent a response whose Content-Length is not one decimal number');

  const isHttp10 = head.charCodeAt(7) === 0x30;
  if (transferEncoding !== undefined) {
    if (contentLength !== NO_LENGTH)
      return bad('sent a response with both Content-Length and Transfer-Encoding');
    if (isHttp10 || transferEncoding !== 'chunked')
      return bad('sent a response with an unsupported transfer coding');
  }
  // RFC 9110 §8.6: it has no body. An upstream that announces one may send it too, before the next response.
  const isAmbiguous = status === 204 && (contentLength > 0 || transferEncoding !== undefined);
  return {
    ok: true,
    status,
    statusLine,
    fields: status === 426 ? withUpgrade(fields.kept, head, lineEnd + 2) : fields.kept,
    length: lengthOf(status, method, transferEncoding, contentLength),
    persists: !isHttp10 && !fields.closes && !isAmbiguous,
    keepAliveSeconds: fields.keepAlive === '' ? 0 : secondsOf(fields.keepAlive),
    hasDate: fields.hasDate,
    hasRequestId: fields.hasRequestId,
    namesPaths: fields.namesPaths,
    upgrades: fields.upgrade === 'websocket' && fields.hasUpgradeOption,
  };
}

/** RFC 9110 §15.5.22: a 426 says what to upgrade to. */
function withUpgrade(kept: string, head: string, fieldsAt: number): string {
  const upgrade = fieldValue(head.slice(fieldsAt), 'upgrade');
  return upgrade === undefined ? kept : `${kept}upgrade: ${upgrade}\r\nconnection: upgrade\r\n`;
}

/** RFC 9112 §6.3. */
function lengthOf(
  status: number,
  method: string,
  coding: string | undefined,
  contentLength: number,
): number {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 0;
  if (coding !== undefined) return CHUNKED;
  return contentLength === NO_LENGTH ? UNTIL_CLOSE : contentLength;
}

function secondsOf(keepAlive: string): number {
  return Number(
    /(?:^|[\s,;])timeout=(?<seconds>[0-9]{1,5})/i.exec(keepAlive)?.groups?.['seconds'] ?? 0,
  );
}

function bad(reason: string): BadResponse {
  return { ok: false, reason };
}
