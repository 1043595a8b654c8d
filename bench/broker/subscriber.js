// A WebSocket client that costs as little as can be, so that it is the server that is measured:
// frames are counted where they lie, and only their number n is read.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

const UPGRADE_END = Buffer.from('\r\n\r\n');
/** In `data`, which is JSON in JSON: {"n":123} */
const MARK = Buffer.from(String.raw`{\"n\":`);

/** @typedef {{ host: string, port: number, key: string }} Target */

export class Subscriber {
  #socket;
  /** @type {Buffer} */
  #buffer = Buffer.alloc(0);
  #isOpen = false;
  /** @type {(text: string) => void} */
  #onText = () => {};
  /** @type {(n: number) => void} */
  #onEvent = () => {};

  /** @param {Target} target */
  constructor({ host, port, key }) {
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.write(
      [
        `GET /app/${key}?protocol=7 HTTP/1.1`,
        `Host: ${host}:${port}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
        '\r\n',
      ].join('\r\n'),
    );
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', (error) => {
      throw error;
    });
    this.#socket.on('end', () => {
      throw new Error('the server ended a connection');
    });
  }

  /** Resolves when the server has greeted it. */
  async greeted() {
    await this.#next('pusher:connection_established');
  }

  /**
   * Resolves when it is subscribed.
   * @param {string} channel
   * @param {(n: number) => void} onEvent
   */
  async subscribe(channel, onEvent) {
    this.#say({ event: 'pusher:subscribe', data: { channel } });
    await this.#next('subscription_succeeded');
    this.#onEvent = onEvent;
  }

  close() {
    this.#socket.destroy();
  }

  /**
   * @param {string} part
   * @returns {Promise<void>}
   */
  #next(part) {
    return new Promise((resolve) => {
      this.#onText = (text) => {
        if (text.includes(part)) resolve();
      };
    });
  }

  /** @param {object} frame */
  #say(frame) {
    const payload = Buffer.from(JSON.stringify(frame));
    // Clients mask (RFC 6455 §5.3); a mask of zeros changes nothing.
    const head = Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]);
    this.#socket.write(Buffer.concat([head, payload]));
  }

  /** @param {Buffer} chunk */
  #read(chunk) {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    if (!this.#isOpen) {
      const end = this.#buffer.indexOf(UPGRADE_END);
      if (end === -1) return;
      this.#isOpen = true;
      this.#buffer = this.#buffer.subarray(end + UPGRADE_END.length);
    }
    let at = 0;
    for (;;) {
      const frame = frameAt(this.#buffer, at);
      if (frame === undefined) break;
      this.#take(frame.payload);
      at = frame.end;
    }
    this.#buffer = this.#buffer.subarray(at);
  }

  /** @param {Buffer} payload */
  #take(payload) {
    const mark = payload.indexOf(MARK);
    if (mark !== -1) this.#onEvent(numberAt(payload, mark + MARK.length));
    else if (payload.includes('pusher:ping')) this.#say({ event: 'pusher:pong', data: {} });
    else this.#onText(payload.toString());
  }
}

/**
 * @param {Buffer} buffer
 * @param {number} at
 */
function frameAt(buffer, at) {
  if (buffer.length < at + 2) return undefined;
  const short = buffer.readUInt8(at + 1);
  if (short === 127) throw new Error('frames over 64 KB are not expected');
  if (short === 126 && buffer.length < at + 4) return undefined;
  const start = short === 126 ? at + 4 : at + 2;
  const end = start + (short === 126 ? buffer.readUInt16BE(at + 2) : short);
  return end > buffer.length ? undefined : { payload: buffer.subarray(start, end), end };
}

/**
 * @param {Buffer} buffer
 * @param {number} at
 */
function numberAt(buffer, at) {
  let value = 0;
  for (let i = at; ; i++) {
    const digit = buffer.readUInt8(i) - 48;
    if (digit < 0 || digit > 9) return value;
    value = value * 10 + digit;
  }
}
