import { createHash } from 'node:crypto';
import { STATUS_CODES } from 'node:http';

/** A request to turn a connection into a WebSocket. */
export interface UpgradeRequest {
  /** Path and query. */
  readonly target: string;
  /** Returns the values of a header, joined as a list. */
  field(name: string): string | undefined;
}

/** What is answered: the connection is a WebSocket from then on, or is closed. */
export type UpgradeAnswer =
  | { readonly ok: true; readonly head: string; readonly mayCompress: boolean }
  | { readonly ok: false; readonly response: string };

/** RFC 6455 §1.3 */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

const VERSION = '13';

/** RFC 9110 §5.6.2 */
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/;

/**
 * RFC 7692 §7.1: an offer that leaves the window of the server at its largest, so that a broadcast is compressed once for all.
 * Any other offer is declined.
 */
const OFFER =
  /^permessage-deflate(?: *; *(?:server_no_context_takeover|client_no_context_takeover|client_max_window_bits(?:="?(?:[89]|1[0-5])"?)?|server_max_window_bits="?15"?))*$/;

/** Neither side keeps a context between messages, so that a connection takes no memory for it. */
const ACCEPTED = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';

/**
 * Answers a GET that asks for the protocol `websocket` (RFC 6455 §4.2).
 * @param allowCompression whether messages may be compressed if the client offers it.
 */
export function answerUpgrade(request: UpgradeRequest, allowCompression: boolean): UpgradeAnswer {
  if (request.field('sec-websocket-version') !== VERSION) {
    return refuse(426, `the WebSocket version must be ${VERSION}`);
  }
  const key = request.field('sec-websocket-key');
  if (key === undefined || !KEY.test(key)) return refuse(400, 'Sec-WebSocket-Key is not valid');
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  const protocol = firstOf(request.field('sec-websocket-protocol'));
  if (protocol !== undefined && !TOKEN.test(protocol)) {
    return refuse(400, 'Sec-WebSocket-Protocol is not valid');
  }
  const mayCompress =
    allowCompression &&
    listOf(request.field('sec-websocket-extensions')).some((offer) => OFFER.test(offer));
  const head = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    // Browsers give the connection up if none of those they ask for is chosen.
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    ...(mayCompress ? [`Sec-WebSocket-Extensions: ${ACCEPTED}`] : []),
    '\r\n',
  ].join('\r\n');
  return { ok: true, head, mayCompress };
}

/** Refuses an upgrade to anything but a WebSocket. */
export function refuseUpgrade(): UpgradeAnswer & { ok: false } {
  return refuse(400, 'only an upgrade to websocket is possible');
}

function refuse(status: number, reason: string): UpgradeAnswer & { ok: false } {
  const response = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: text/plain',
    `Content-Length: ${reason.length}`,
    `Sec-WebSocket-Version: ${VERSION}`,
    '',
    reason,
  ].join('\r\n');
  return { ok: false, response };
}

function firstOf(list: string | undefined): string | undefined {
  return list === undefined ? undefined : (listOf(list)[0] ?? '');
}

function listOf(list = ''): string[] {
  return list === '' ? [] : list.split(',').map((each) => each.trim());
}
