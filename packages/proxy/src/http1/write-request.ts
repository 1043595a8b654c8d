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
  /** Replaces the Host of the client; undefined if that is forwarded. */
  readonly host?: string | undefined;
  /** The prefix that this proxy and those in front of it removed from the path; `''` if none. */
  readonly prefix: string;
}

/** Returns the lines of a request that do not depend on the version of HTTP, its Host among them if it has one. */
export function requestLines(request: RequestHead, facts: RequestFacts): string {
  const isReplaced = facts.traceparent !== undefined && request.traceparent !== '';
  const passed = isReplaced ? without(request.fields, ['traceparent']) : request.fields;
  // RFC 9110 §7.6.3: a Via of its own, after the Via fields of the request, continues their list.
  const via = facts.via === '' ? '' : `via: ${request.version} ${facts.via}\r\n`;
  let lines = `${passed}${facts.forwarded}x-request-id: ${facts.requestId}\r\n${via}`;
  if (facts.traceparent !== undefined) lines += `traceparent: ${facts.traceparent}\r\n`;
  if (facts.prefix !== '') lines += `x-forwarded-prefix: ${facts.prefix}\r\n`;
  if (request.expectsContinue) lines += 'expect: 100-continue\r\n';
  return lines;
}

/**
 * Returns the head for the upstream. What `Connection` names is gone before ours are added, so that a client cannot
 * have ours removed by naming them there.
 *
 * @param authority of the upstream, as a Host: for a request of HTTP/1.0 that has none
 */
export function requestHead(request: RequestHead, facts: RequestFacts, authority: string): string {
  const host = facts.host ?? (request.host === '' ? authority : undefined);
  const named = host === undefined ? '' : `Host: ${host}\r\n`;
  const whole = requestLines(request, facts);
  const lines = facts.host === undefined ? whole : without(whole, ['host']);
  let head = `${request.method} ${facts.target} HTTP/1.1\r\n${named}${lines}`;
  if (request.length === CHUNKED) head += 'transfer-encoding: chunked\r\n';
  if (request.upgrades) head += 'connection: upgrade\r\nupgrade: websocket\r\n';
  else if (request.takesTrailers) head += 'connection: te\r\nte: trailers\r\n';
  return `${head}\r\n`;
}
