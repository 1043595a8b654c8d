import type { RequestHead } from '../message.ts';
import { without } from './fields.ts';
import { CHUNKED } from './framing.ts';

/** What a request is given on its way, beside what came. */
export interface RequestFacts {
  /** The lines that say where the request came from. */
  readonly forwarded: string;
  readonly requestId: string;
  /** The name of this proxy in Via; `''` if it adds none. */
  readonly via: string;
  /** Replaces the client's; undefined if the client's is forwarded. */
  readonly traceparent?: string | undefined;
  /** The target for the upstream. */
  readonly target: string;
  /** The prefix that this proxy and those in front of it removed from the path; `''` if none. */
  readonly prefix: string;
}

/**
 * Returns the head for the upstream. What `Connection` names is gone before ours are added, so that a client cannot
 * have ours removed by naming them there.
 *
 * @param authority of the upstream, as a Host: for a request of HTTP/1.0 that has none
 */
export function requestHead(request: RequestHead, facts: RequestFacts, authority: string): string {
  const { method, host, fields, version } = request;
  const isReplaced = facts.traceparent !== undefined && request.traceparent !== '';
  const passed = isReplaced ? without(fields, ['traceparent']) : fields;
  const named = host === '' ? `Host: ${authority}\r\n` : '';
  // RFC 9110 §7.6.3: a Via of its own, after the Via fields of the request, continues their list.
  const via = facts.via === '' ? '' : `via: ${version} ${facts.via}\r\n`;
  let head = `${method} ${facts.target} HTTP/1.1\r\n${passed}${named}${facts.forwarded}x-request-id: ${facts.requestId}\r\n${via}`;
  if (facts.traceparent !== undefined) head += `traceparent: ${facts.traceparent}\r\n`;
  if (facts.prefix !== '') head += `x-forwarded-prefix: ${facts.prefix}\r\n`;
  if (request.length === CHUNKED) head += 'transfer-encoding: chunked\r\n';
  if (request.expectsContinue) head += 'expect: 100-continue\r\n';
  if (request.upgrades) head += 'connection: upgrade\r\nupgrade: websocket\r\n';
  else if (request.takesTrailers) head += 'connection: te\r\nte: trailers\r\n';
  return `${head}\r\n`;
}
