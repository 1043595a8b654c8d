import { BAD_LENGTH, MAX_FIELDS, NO_LENGTH, scanFields, without } from '../http1/fields.ts';
import { MAX_KEPT } from '../http1/head-reader.ts';
import { countHop } from '../http1/max-forwards.ts';
import { METHODS } from '../http1/methods.ts';
import { copyOf } from '../http1/request.ts';
import type { Refused } from '../http1/request.ts';
import { isHost } from '../http1/target.ts';
import type { Underscores } from '../http1/underscores.ts';
import { UNKNOWN_LENGTH } from '../message.ts';
import type { RequestHead } from '../message.ts';
import { headTooLarge, proxyProblem } from '../problems.ts';
import type { ProxyProblemCode } from '../problems.ts';
import type { HeaderField } from './hpack-static-table.ts';
import { fieldLines } from './field-lines.ts';

/** The head of a request by HTTP/2, checked, and ready to be passed on. */
export interface Http2Request extends RequestHead {
  /** The head is valid. */
  readonly ok: true;
}

export interface RequestParsing {
  /** Whether nothing follows the head. */
  readonly endsStream: boolean;
  readonly underscores: Underscores;
  /** A Sec-WebSocket-Key: extended CONNECT has none (RFC 8441 §5), and an instance expects one. */
  readonly webSocketKey: () => string;
}

// No fragment (RFC 9112 §3.2), and nothing beyond ASCII.
const PATH = /^\/[\x21\x22\x24-\x7e]*$/;
const METHOD = /^[A-Z-]+$/;

/** Methods whose body is expected, so that an empty one says that it is (RFC 9110 §8.6). */
const EXPECTS_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/**
 * Parses the fields of a request (RFC 9113 §8.3.1), as strictly as HTTP/1.1's: all that could be read in another way once
 * it is written as HTTP/1.1 is refused.
 */
export function parseRequest(
  fields: readonly HeaderField[],
  { endsStream, underscores, webSocketKey }: RequestParsing,
): Http2Request | Refused {
  const read = fieldLines(fields, PSEUDO);
  if (typeof read === 'string') return bad(read);
  const { pseudo, host: named } = read;
  const method = pseudo.get(':method') ?? '';
  const isWebSocket = method === 'CONNECT' && pseudo.get(':protocol') === 'websocket';
  if (!METHOD.test(method)) return bad('The :method is missing or invalid.');
  if (!METHODS.has(method) && !isWebSocket)
    return refuse('not-implemented', `The method ${method} is not supported.`);
  if (pseudo.has(':protocol') && !isWebSocket) return bad('Only CONNECT has a :protocol.');
  const scheme = pseudo.get(':scheme');
  if (scheme !== 'http' && scheme !== 'https') return bad('The :scheme must be http or https.');
  const target = pseudo.get(':path') ?? '';
  if (!PATH.test(target)) return refuse('bad-target', 'The :path must start with "/".');
  // RFC 9113 §8.3.1: they must not differ.
  const host = pseudo.get(':authority') ?? named ?? '';
  if (!isHost(host)) return bad('The request has no valid host.');
  if (named !== undefined && named.toLowerCase() !== host.toLowerCase())
    return bad('The Host header differs from :authority.');

  const scanned = scanFields(`Host: ${host}\r\n${read.lines}`, 0, true, underscores);
  const { contentLength, expect, te } = scanned;
  if (scanned.count > MAX_FIELDS) return refuse('head-too-large', TOO_MANY);
  if (contentLength === BAD_LENGTH) return bad('Content-Length must be one decimal number.');
  if (endsStream && contentLength > 0) return bad('The body is shorter than its Content-Length.');
  // RFC 9113 §8.2.2.
  if (te !== '' && te !== 'trailers') return bad('TE must be `trailers`.');
  if (expect !== '' && expect !== '100-continue')
    return refuse('expectation-failed', 'Only `Expect: 100-continue` is supported.');
  if (isWebSocket && contentLength !== NO_LENGTH) return bad('CONNECT has no Content-Length.');

  const passed = countHop(method, scanned.kept);
  const isLarge = scanned.kept.length > MAX_KEPT;
  const isEmpty = endsStream || isWebSocket;
  let lines = passed.fields;
  if (isWebSocket)
    lines = `${without(lines, ['sec-websocket-key'])}sec-websocket-key: ${webSocketKey()}\r\n`;
  else if (endsStream && contentLength === NO_LENGTH && EXPECTS_BODY.has(method))
    lines += 'content-length: 0\r\n';
  return {
    ok: true,
    method: isWebSocket ? 'GET' : method,
    target,
    version: '2',
    host,
    fields: lines,
    // What a connection remembers of a request would keep its whole head in memory, as a part of that text.
    forwardedFields: isLarge ? copyOf(scanned.forwardedFields) : scanned.forwardedFields,
    length: isEmpty ? 0 : lengthOf(contentLength),
    expectsContinue: expect !== '' && !isEmpty,
    upgrades: isWebSocket,
    takesTrailers: te !== '',
    via: scanned.via,
    traceparent: scanned.traceparent,
    maxForwards: passed.maxForwards,
  };
}

/** Returns a request whose body has come whole, with the length of that: HTTP/2 does not need one, and HTTP/1.1 does. */
export function withLength(head: RequestHead, length: number): RequestHead {
  if (head.length >= 0) return head;
  const isSaid = length > 0 || EXPECTS_BODY.has(head.method);
  const fields = isSaid ? `${head.fields}content-length: ${length}\r\n` : head.fields;
  return { ...head, fields, length };
}

/** What a list of fields that is too large is refused with. */
export function tooLarge(maxBytes: number): Refused {
  return { ok: false, problem: headTooLarge(false, maxBytes) };
}

const PSEUDO: ReadonlySet<string> = new Set([
  ':method',
  ':scheme',
  ':authority',
  ':path',
  ':protocol',
]);
const TOO_MANY = `The request has more than ${MAX_FIELDS} header fields.`;

function lengthOf(contentLength: number): number {
  return contentLength === NO_LENGTH ? UNKNOWN_LENGTH : contentLength;
}

function bad(detail: string): Refused {
  return refuse('bad-request', detail);
}

function refuse(code: ProxyProblemCode, detail: string): Refused {
  return { ok: false, problem: proxyProblem(code, detail) };
}
