import type { ResponseHead } from '../message.ts';
import { without } from './fields.ts';

/** How the body of a response ends for the client. */
export interface Delivery {
  readonly isChunked: boolean;
  /** Whether the response is the last on its connection. */
  readonly isLast: boolean;
  /** Whether the client is of HTTP/1.0, which takes each response for the last unless it says otherwise. */
  readonly isHttp10: boolean;
}

/** Returns the head for the client. */
export function responseHead(
  response: ResponseHead,
  requestId: string,
  { isChunked, isLast, isHttp10 }: Delivery,
): string {
  // RFC 9110 §8.6: a 204 must not have a Content-Length.
  const fields =
    response.status === 204 ? without(response.fields, ['content-length']) : response.fields;
  let head = `HTTP/1.1 ${response.statusLine}\r\n${fields}`;
  // RFC 9110 §6.6.1: a proxy adds the Date that a response lacks.
  if (!response.hasDate) head += `date: ${new Date().toUTCString()}\r\n`;
  if (!response.hasRequestId) head += `x-request-id: ${requestId}\r\n`;
  if (isChunked) head += 'transfer-encoding: chunked\r\n';
  if (isLast) head += 'connection: close\r\n';
  else if (isHttp10) head += 'connection: keep-alive\r\n';
  return `${head}\r\n`;
}

/** Returns the head of a 1xx for the client: 100, 103, or the 101 that opens a tunnel. */
export function informationalHead({ status, statusLine, fields }: ResponseHead): string {
  const own = status === 101 ? 'connection: upgrade\r\nupgrade: websocket\r\n' : '';
  return `HTTP/1.1 ${statusLine}\r\n${without(fields, ['content-length'])}${own}\r\n`;
}
