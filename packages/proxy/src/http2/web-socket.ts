import { createHash } from 'node:crypto';
import { fieldValue, without } from '../http1/fields.ts';
import type { RequestHead, ResponseHead } from '../message.ts';

/** RFC 6455 §1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Returns the 200 that opens a WebSocket (RFC 8441 §5) as the 101 that a client of HTTP/1.1 waits for. */
export function switchedHead(response: ResponseHead, request: RequestHead): ResponseHead {
  const key = fieldValue(request.fields, 'sec-websocket-key') ?? '';
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  return {
    ...response,
    status: 101,
    statusLine: '101 Switching Protocols',
    fields: `${without(response.fields, ['sec-websocket-accept'])}sec-websocket-accept: ${accept}\r\n`,
    length: 0,
    upgrades: true,
  };
}

/** Stands for the response of an upstream whose SETTINGS show that it takes no WebSocket. */
export const NO_WEB_SOCKET: ResponseHead = {
  status: 501,
  statusLine: '501 Not Implemented',
  fields: 'content-length: 0\r\n',
  length: 0,
  hasDate: false,
  hasRequestId: false,
  namesPaths: false,
  upgrades: false,
};
