import { STATUS_CODES } from 'node:http';
import { CHUNKED } from './framing.ts';
import { without } from './fields.ts';
import type { RequestHead } from './request.ts';
import type { ResponseHead } from './response.ts';
import type { Problem } from '../problems.ts';

export interface RequestFacts {
  /** Lines that tell where the request came from. */
  readonly origin: string;
  readonly requestId: string;
  /** What this gateway is called in Via. */
  readonly pseudonym: string;
  /** In place of the one that came; nothing if that goes on. */
  readonly traceparent?: string | undefined;
  /** The target for the instance. */
  readonly target: string;
  /** What was stripped from the path, here and before; `''` for nothing. */
  readonly prefix: string;
  /** The instance, as a Host: for a request of HTTP/1.0 that has none. */
  readonly authority: string;
}

/**
 * The head for the instance. What `Connection` names is gone before ours are added, so that a client
 * cannot have ours removed by naming them there.
 */
export function requestHead(request: RequestHead, facts: RequestFacts): string {
  const { method, host, fields, minor } = request;
  const isReplaced = facts.traceparent !== undefined && request.traceparent !== '';
  const passed = isReplaced ? without(fields, ['traceparent']) : fields;
  const named = host === '' ? `Host: ${facts.authority}\r\n` : '';
  // RFC 9110 §7.6.3: a Via of its own, after those that came, continues their list.
  let head = `${method} ${facts.target} HTTP/1.1\r\n${passed}${named}${facts.origin}x-request-id: ${facts.requestId}\r\nvia: 1.${minor} ${facts.pseudonym}\r\n`;
  if (facts.traceparent !== undefined) head += `traceparent: ${facts.traceparent}\r\n`;
  if (facts.prefix !== '') head += `x-forwarded-prefix: ${facts.prefix}\r\n`;
  if (request.length === CHUNKED) head += 'transfer-encoding: chunked\r\n';
  if (request.expectsContinue) head += 'expect: 100-continue\r\n';
  if (request.upgrades) head += 'connection: upgrade\r\nupgrade: websocket\r\n';
  else if (request.takesTrailers) head += 'connection: te\r\nte: trailers\r\n';
  return `${head}\r\n`;
}

/** Whether a Via tells that the request has come through here before (RFC 9110 §7.6.3). */
export function isLoop(via: string, pseudonym: string): boolean {
  if (!via.includes(pseudonym)) return false;
  return via.split(',').some((each) => each.trim().split(/[ \t]+/)[1] === pseudonym);
}

/** How the answer's body ends for the client. */
export interface Delivery {
  readonly isChunked: boolean;
  /** Whether the answer is the last on its connection. */
  readonly isLast: boolean;
}

/** The head for the client. */
export function responseHead(response: ResponseHead, { isChunked, isLast }: Delivery): string {
  // RFC 9110 §8.6: a 204 must not have a Content-Length.
  const fields =
    response.status === 204 ? without(response.fields, ['content-length']) : response.fields;
  let head = `HTTP/1.1 ${response.statusLine}\r\n${fields}`;
  // RFC 9110 §6.6.1: whoever passes on an answer without a Date adds one.
  if (!response.hasDate) head += `date: ${new Date().toUTCString()}\r\n`;
  if (isChunked) head += 'transfer-encoding: chunked\r\n';
  if (isLast) head += 'connection: close\r\n';
  return `${head}\r\n`;
}

/** A 1xx for the client: 100, 103, or the 101 that opens a tunnel. */
export function interimHead({ status, statusLine, fields }: ResponseHead): string {
  const own = status === 101 ? 'connection: upgrade\r\nupgrade: websocket\r\n' : '';
  return `HTTP/1.1 ${statusLine}\r\n${without(fields, ['content-length'])}${own}\r\n`;
}

const RETRY_AFTER_SECONDS = 1;

export interface ProblemDelivery {
  readonly requestId: string;
  /** Whether it is the last on its connection. */
  readonly isLast: boolean;
  /** Whether it answers HEAD. */
  readonly isHead: boolean;
}

/** A whole answer of the gateway's own (RFC 9457). */
export function problemAnswer(
  { code, status, title, detail }: Problem,
  { requestId, isLast, isHead }: ProblemDelivery,
): string {
  // RFC 9457 §4.1: without a type of its own, a problem is told apart by its status; the last two are our extension members.
  const body = JSON.stringify({ title, status, detail, code, requestId });
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  head += 'content-type: application/problem+json\r\ncache-control: no-store\r\n';
  head += `content-length: ${Buffer.byteLength(body)}\r\ndate: ${new Date().toUTCString()}\r\n`;
  if (status === 503) head += `retry-after: ${RETRY_AFTER_SECONDS}\r\n`;
  if (isLast) head += 'connection: close\r\n';
  return `${head}\r\n${isHead ? '' : body}`;
}
