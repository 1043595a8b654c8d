import type { RequestHead } from '../message.ts';
import { proxyProblem } from '../problems.ts';
import type { Problem, ProxyProblemCode } from '../problems.ts';
import { BAD_LENGTH, MAX_FIELDS, NO_LENGTH, scanFields, without } from './fields.ts';
import type { Fields } from './fields.ts';
import { CHUNKED } from './framing.ts';
import { MAX_KEPT } from './head-reader.ts';
import { countHop } from './max-forwards.ts';
import { METHODS } from './methods.ts';
import { FIELDS } from './syntax.ts';
import { isHost, splitAbsolute } from './target.ts';
import type { Underscores } from './underscores.ts';

/** The head of a request by HTTP/1.x, checked, and ready to be passed on. */
export interface Http1Request extends RequestHead {
  /** The head is valid. */
  readonly ok: true;
  /** Whether the client may send another request after this one. */
  readonly persists: boolean;
}

/** Why a message is refused, and with what. */
export interface Refused {
  /** The head is invalid. */
  readonly ok: false;
  /** What is wrong with it. */
  readonly problem: Problem;
}

// No fragment (RFC 9112 §3.2), and nothing beyond ASCII.
const REQUEST_LINE = '[A-Z-]+ [\\x21\\x22\\x24-\\x7e]+ HTTP\\/1\\.[01]\\r\\n';
const REQUEST = new RegExp(`^${REQUEST_LINE}${FIELDS}$`);
const BEGUN = new RegExp(`^(?:${REQUEST_LINE}${FIELDS})?$`);

/** Returns whether a request can begin with these whole lines. */
export function canBeginRequest(lines: string): boolean {
  return BEGUN.test(lines);
}

/** Returns what it returned before if the head is the same: see HeadReader. */
export class RequestParser {
  #head = '';
  #parsed: Http1Request | Refused | undefined;
  /** What `underscores` allowed when the head was parsed: the setting may change. */
  #isAllowed: boolean | undefined;
  readonly #underscores: Underscores | undefined;

  /** @param underscores default: names with a `_` are passed on */
  constructor(underscores?: Underscores) {
    this.#underscores = underscores;
  }

  /** @param head from the request line to the CRLF of the last field, as Latin-1 */
  parse(head: string): Http1Request | Refused {
    const isAllowed = this.#underscores?.isAllowed;
    if (this.#parsed === undefined || head !== this.#head || isAllowed !== this.#isAllowed) {
      const dropped = this.#underscores?.dropped;
      const parsed = parseRequest(head, this.#underscores);
      // A connection that is kept is not to keep a large head; and every field that is dropped is counted.
      if (head.length > MAX_KEPT || this.#underscores?.dropped !== dropped) return parsed;
      this.#parsed = parsed;
      this.#head = head;
      this.#isAllowed = isAllowed;
    }
    return this.#parsed;
  }
}

/**
 * Parses a head.
 * @param head from the request line to the CRLF of the last field, as Latin-1
 * @param underscores default: names with a `_` are passed on
 */
export function parseRequest(head: string, underscores?: Underscores): Http1Request | Refused {
  if (!REQUEST.test(head)) return refuse('bad-request', 'The request is not valid HTTP/1.1.');
  const methodEnd = head.indexOf(' ');
  const method = head.slice(0, methodEnd);
  if (!METHODS.has(method))
    return refuse('not-implemented', `The method ${method} is not supported.`);
  const lineEnd = head.indexOf('\r\n', methodEnd);
  const version = head.charCodeAt(lineEnd - 1) === 0x30 ? '1.0' : '1.1';
  const fields = scanFields(head, lineEnd + 2, true, underscores);
  const problem = problemOf(fields, version);
  if (problem !== undefined) return { ok: false, problem };

  const { closes, te } = fields;
  let { host, kept } = fields;
  // Between the method and ` HTTP/1.x`.
  let target = head.slice(methodEnd + 1, lineEnd - 9);
  if (target.charCodeAt(0) !== 0x2f) {
    const parts = splitAbsolute(target);
    if (parts === undefined) return refuse('bad-target', 'The request target must start with "/".');
    // RFC 9112 §3.2.2: the authority takes precedence over Host.
    target = parts.path;
    host = parts.authority;
    kept = `Host: ${host}\r\n${without(kept, ['host'])}`;
  }
  const { maxForwards, fields: passed } = countHop(method, kept);
  // What a connection remembers of a request would keep its whole head in memory, as a part of that text.
  const isLarge = head.length > MAX_KEPT;
  const length =
    fields.transferEncoding === undefined ? Math.max(fields.contentLength, 0) : CHUNKED;
  return {
    ok: true,
    method,
    target,
    version,
    host: isLarge ? copyOf(host) : host,
    fields: passed,
    forwardedFields: isLarge ? copyOf(fields.forwardedFields) : fields.forwardedFields,
    length,
    // RFC 9110 §10.1.1: HTTP/1.0 does not have it.
    expectsContinue: fields.expect !== '' && version === '1.1',
    // As nginx keeps it for HTTP/1.0, whose clients may only be served so if the length of a response is known.
    persists: !closes && (version === '1.1' || fields.keepsAlive),
    upgrades:
      fields.upgrade !== '' && length === 0 && method === 'GET' && isWebSocket(fields, version),
    takesTrailers: te !== '' && /(?:^|,)[ \t]*trailers[ \t]*(?:,|$)/.test(te),
    via: fields.via,
    traceparent: fields.traceparent,
    maxForwards,
  };
}

/** Returns a text that is no part of another, which it would keep in memory. */
export function copyOf(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

function isWebSocket(
  { upgrade, hasUpgradeOption }: Fields,
  version: RequestHead['version'],
): boolean {
  const isOffered = upgrade === 'websocket' || upgrade.split(/[ \t]*,[ \t]*/).includes('websocket');
  return isOffered && hasUpgradeOption && version === '1.1';
}

/** Returns why a request is refused: among others, because it could be read in two ways. */
function problemOf(fields: Fields, version: RequestHead['version']): Problem | undefined {
  const { count, hosts, host, contentLength, transferEncoding, expect } = fields;
  if (count > MAX_FIELDS)
    return proxyProblem('head-too-large', `The request has more than ${MAX_FIELDS} header fields.`);
  // RFC 9112 §3.2.
  if (hosts > 1 || (hosts === 0 && version === '1.1'))
    return bad('A request must have exactly one Host header.');
  if (hosts === 1 && !isHost(host)) return bad('The Host header is not a valid host.');
  if (contentLength === BAD_LENGTH) return bad('Content-Length must be one decimal number.');
  if (transferEncoding !== undefined) {
    const problem = codingProblem(transferEncoding, contentLength !== NO_LENGTH, version);
    if (problem !== undefined) return problem;
  }
  if (expect !== '' && expect !== '100-continue') {
    return proxyProblem('expectation-failed', 'Only `Expect: 100-continue` is supported.');
  }
  return undefined;
}

/** RFC 9112 §6.1. */
function codingProblem(
  coding: string,
  hasLength: boolean,
  version: RequestHead['version'],
): Problem | undefined {
  if (hasLength) return bad('Content-Length and Transfer-Encoding exclude each other.');
  if (version === '1.0') return bad('HTTP/1.0 does not have Transfer-Encoding.');
  if (coding === 'chunked') return undefined;
  if (!/,[ \t]*chunked$/.test(coding)) return bad('The last transfer coding must be chunked.');
  if (/^[ \t]*chunked[ \t]*,/.test(coding))
    return bad('The transfer coding chunked is given more than once.');
  return proxyProblem('not-implemented', 'Only the transfer coding chunked is supported.');
}

function bad(detail: string): Problem {
  return proxyProblem('bad-request', detail);
}

function refuse(code: ProxyProblemCode, detail: string): Refused {
  return { ok: false, problem: proxyProblem(code, detail) };
}
