import { hash } from 'node:crypto';
import { STATUS_CODES } from 'node:http';

/** A request to turn a connection into a WebSocket. */
export interface UpgradeRequest {
  /** Path and query. */
  readonly target: string;
  /** Returns the values of a header, joined as a list. */
  field(name: string): string | undefined;
}

interface RefusedUpgrade {
  readonly ok: false;
  readonly response: string;
}

/** What is answered: the connection is a WebSocket from then on, or is closed. */
export type UpgradeAnswer =
  | { readonly ok: true; readonly head: string; readonly mayCompress: boolean }
  | RefusedUpgrade;

/** RFC 6455 §1.3 */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

const VERSION = '13';

/** RFC 9110 §5.6.2 */
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/;

const SERVER_WINDOW = 'server_max_window_bits';

/** RFC 7692 §7.1: the parameters of an offer that can be accepted, with the values that they may have. */
const PARAMETERS: ReadonlyMap<string, RegExp> = new Map([
  ['server_no_context_takeover', /^$/],
  ['client_no_context_takeover', /^$/],
  ['client_max_window_bits', /^(?:[89]|1[0-5])?$/],
  // No smaller window, so that a broadcast is compressed once for all.
  [SERVER_WINDOW, /^15$/],
]);

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
  const accept = hash('sha1', `${key}${GUID}`, 'base64');
  const protocol = firstOf(request.field('sec-websocket-protocol'));
  if (protocol !== undefined && !TOKEN.test(protocol)) {
    return refuse(400, 'Sec-WebSocket-Protocol is not valid');
  }
  const extension = allowCompression
    ? acceptedOf(listOf(request.field('sec-websocket-extensions')))
    : undefined;
  const head = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    // Browsers give the connection up if none of those they ask for is chosen.
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    ...(extension === undefined ? [] : [`Sec-WebSocket-Extensions: ${extension}`]),
    '\r\n',
  ].join('\r\n');
  return { ok: true, head, mayCompress: extension !== undefined };
}

/** Answers an upgrade to anything but a WebSocket. */
export const NO_WEBSOCKET: RefusedUpgrade = refuse(400, 'only an upgrade to websocket is possible');

/** Answers an upgrade while the broker closes. */
export const SHUTTING_DOWN: RefusedUpgrade = refuse(503, 'the broker is shutting down');

function refuse(status: number, reason: string): RefusedUpgrade {
  const response = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close, Upgrade',
    'Upgrade: websocket',
    'Content-Type: text/plain',
    `Content-Length: ${reason.length}`,
    `Sec-WebSocket-Version: ${VERSION}`,
    '',
    reason,
  ].join('\r\n');
  return { ok: false, response };
}

/** Returns what is accepted of the first offer that can be; others are declined (RFC 7692 §7.1). */
function acceptedOf(offers: readonly string[]): string | undefined {
  for (const offer of offers) {
    const [name, ...parameters] = offer.split(';').map((each) => each.trim());
    const values = new Map(parameters.map(readParameter));
    const isAcceptable =
      name === 'permessage-deflate' &&
      // None is given twice.
      values.size === parameters.length &&
      [...values].every(([parameter, value]) => PARAMETERS.get(parameter)?.test(value));
    if (!isAcceptable) continue;
    return values.has(SERVER_WINDOW) ? `${ACCEPTED}; ${SERVER_WINDOW}=15` : ACCEPTED;
  }
  return undefined;
}

/** The value may be in quotes. */
function readParameter(text: string): [name: string, value: string] {
  const [, name = text, value = ''] = /^([^=]+)="?([^"]+)"?$/.exec(text) ?? [];
  return [name, value];
}

function firstOf(list: string | undefined): string | undefined {
  return list === undefined ? undefined : (listOf(list)[0] ?? '');
}

function listOf(list = ''): string[] {
  return list === '' ? [] : list.split(',').map((each) => each.trim());
}
