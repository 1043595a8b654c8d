import { STATUS_CODES } from 'node:http';
import { FieldSet } from '../filters/field-set.ts';
import type { FilterAnswer } from '../filters/filter.ts';
import { only } from '../http1/fields.ts';
import { grpcStatusLines, grpcStatusOf } from '../grpc/status.ts';
import { METHODS } from '../http1/methods.ts';
import { UNKNOWN_LENGTH } from '../message.ts';
import type { RequestHead, ResponseHead } from '../message.ts';
import type { Problem } from '../problems.ts';

/** A response of the proxy's own. */
export interface OwnResponse {
  readonly head: ResponseHead;
  readonly body: Buffer;
  /** What it says, if it is `application/problem+json`. */
  readonly problem?: Problem;
}

const RETRY_AFTER_SECONDS = 1;

/** What of a request decides how a problem is written. */
export interface AskedBy {
  readonly id: string;
  readonly isGrpc: boolean;
}

/**
 * Returns a problem as a response: as RFC 9457 has it, or as gRPC does, whose clients read no body.
 * @param more fields besides those of every problem
 * @throws TypeError if one of these is invalid
 */
export function problemResponse(
  problem: Problem,
  { id: requestId, isGrpc }: AskedBy,
  more: FilterAnswer['fields'] = [],
): OwnResponse {
  const { code, status, title, detail } = problem;
  if (isGrpc) return grpcResponse(grpcStatusOf(status), detail, linesOf(more));
  // RFC 9457 §4.1: without a `type`, a problem is identified by its status; the last two are our extension members.
  const body = JSON.stringify({ title, status, detail, code, requestId });
  let fields = 'content-type: application/problem+json\r\ncache-control: no-store\r\n';
  const own = linesOf(more);
  if (status === 503 && !/^retry-after:/im.test(own))
    fields += `retry-after: ${RETRY_AFTER_SECONDS}\r\n`;
  return { problem, ...ownResponse(status, fields + own, Buffer.from(body)) };
}

/** Returns the end of a call of gRPC without a body (Trailers-Only). */
function grpcResponse(code: number, message: string, more: string): OwnResponse {
  const fields = `content-type: application/grpc\r\n${grpcStatusLines(code, message)}${more}`;
  // No Content-Length: what looks like a head is the trailers.
  const head = { ...ownResponse(200, '', Buffer.alloc(0)).head, fields, length: UNKNOWN_LENGTH };
  return { head, body: Buffer.alloc(0) };
}

/**
 * Returns the answer of a filter as a response.
 * @throws RangeError if its status is none of a final response
 * @throws TypeError if one of its fields is invalid
 */
export function answerResponse({ status, fields = [], body = '' }: FilterAnswer): OwnResponse {
  checkStatus(status);
  return ownResponse(status, linesOf(fields), Buffer.from(body));
}

/** @throws TypeError if one of the fields is invalid */
function linesOf(fields: NonNullable<FilterAnswer['fields']>): string {
  const set = new FieldSet('');
  for (const [name, value] of fields) set.append(name, value);
  return set.toLines();
}

/** @throws RangeError unless it is the status of a final response */
export function checkStatus(status: number): void {
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new RangeError(`${status} is not a status from 200 to 599`);
}

/** RFC 9110 §6.4.1: whether a response with this status has no body, even if its fields announce one. */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}

/**
 * What a TRACE shows of a request: its way here. Any other field may hold a secret (RFC 9110 §9.3.8), such as a key in a field
 * that a filter names.
 */
const TRACED = 'host max-forwards via user-agent accept accept-encoding accept-language'.split(' ');

/** Returns what the last recipient of a TRACE or OPTIONS responds (RFC 9110 §9.3.7 and §9.3.8): without what is secret. */
export function lastHopResponse({ method, target, fields }: RequestHead): OwnResponse {
  if (method === 'OPTIONS')
    return ownResponse(200, `allow: ${[...METHODS].join(', ')}\r\n`, Buffer.alloc(0));
  const [path = ''] = target.split('?', 1);
  const text = `${method} ${path} HTTP/1.1\r\n${only(fields, TRACED)}\r\n`;
  return ownResponse(200, 'content-type: message/http\r\n', Buffer.from(text, 'latin1'));
}

/** Returns a status as the first line of a response has it. */
export function statusLineOf(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`;
}

/** @param lines of fields */
export function ownResponse(status: number, lines: string, body: Buffer): OwnResponse {
  const isEmpty = hasNoBody(status);
  const fields = isEmpty ? lines : `${lines}content-length: ${body.length}\r\n`;
  const length = isEmpty ? 0 : body.length;
  const statusLine = statusLineOf(status);
  return {
    head: {
      status,
      statusLine,
      fields,
      length,
      hasDate: false,
      hasRequestId: false,
      namesPaths: false,
      upgrades: false,
    },
    body: isEmpty ? Buffer.alloc(0) : body,
  };
}
