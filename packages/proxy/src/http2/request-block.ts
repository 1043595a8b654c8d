import { requestLines } from '../http1/write-request.ts';
import type { RequestFacts } from '../http1/write-request.ts';
import type { RequestHead } from '../message.ts';
import { encodeLines } from './field-lines.ts';
import { encodeField } from './hpack-encoder.ts';

/** Where a request by HTTP/2 goes. */
export interface RequestOrigin {
  /** Of the upstream, for a request without a Host. */
  readonly authority: string;
  readonly isSecure: boolean;
}

/** It is the pseudo field `:authority`. */
const NOT_IN_HTTP2: ReadonlySet<string> = new Set(['host']);
/** RFC 8441 §5: a WebSocket has no key either. */
const NOT_IN_CONNECT: ReadonlySet<string> = new Set(['host', 'sec-websocket-key']);

/** Returns the head for an upstream as a block of fields (RFC 9113 §8.3.1). */
export function requestBlock(
  request: RequestHead,
  facts: RequestFacts,
  { authority, isSecure }: RequestOrigin,
): string {
  const { host, takesTrailers, upgrades } = request;
  const block =
    encodeField(':method', upgrades ? 'CONNECT' : request.method) +
    encodeField(':scheme', isSecure ? 'https' : 'http') +
    encodeField(':authority', facts.host ?? (host === '' ? authority : host)) +
    encodeField(':path', facts.target) +
    (upgrades ? encodeField(':protocol', 'websocket') : '') +
    encodeLines(requestLines(request, facts), upgrades ? NOT_IN_CONNECT : NOT_IN_HTTP2);
  return takesTrailers ? block + encodeField('te', 'trailers') : block;
}
