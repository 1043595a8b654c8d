// Publishes over one HTTP connection, which is kept if the server keeps it, with requests that were signed beforehand.
import { createHash, createHmac } from 'node:crypto';
import { connect } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');

/** @typedef {{ host: string, port: number, appId: string, key: string, secret: string }} App */

/**
 * A signed request whose event has `n` in its data.
 * @param {App} app
 * @param {string} channel
 * @param {number} n
 */
export function signedTrigger({ host, port, appId, key, secret }, channel, n) {
  const data = JSON.stringify({ n, text: 'x'.repeat(100) });
  const body = JSON.stringify({ name: 'event', channels: [channel], data });
  const path = `/apps/${appId}/events`;
  const query = [
    `auth_key=${key}`,
    `auth_timestamp=${Math.floor(Date.now() / 1_000)}`,
    'auth_version=1.0',
    `body_md5=${createHash('md5').update(body).digest('hex')}`,
  ].join('&');
  const text = `POST\n${path}\n${query}`;
  const signature = createHmac('sha256', secret).update(text).digest('hex');
  return Buffer.from(
    [
      `POST ${path}?${query}&auth_signature=${signature} HTTP/1.1`,
      `Host: ${host}:${port}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
}

export class Publisher {
  #target;
  /** @type {import('node:net').Socket | undefined} */
  #socket;
  /** @type {Buffer} */
  #buffer = Buffer.alloc(0);
  /** @type {() => void} */
  #answered = () => {};

  /** @param {{ host: string, port: number }} target */
  constructor(target) {
    this.#target = target;
  }

  /**
   * Resolves when the server has answered 200.
   * @param {Buffer} request
   * @returns {Promise<void>}
   */
  send(request) {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#socket ??= this.#connect();
      this.#socket.write(request);
    });
  }

  close() {
    this.#socket?.destroy();
  }

  #connect() {
    const socket = connect({ ...this.#target, noDelay: true });
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', (error) => {
      throw error;
    });
    return socket;
  }

  /** @param {Buffer} chunk */
  #read(chunk) {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    const end = this.#buffer.indexOf(HEAD_END);
    if (end === -1) return;
    const head = this.#buffer.toString('latin1', 0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    const body = this.#buffer.subarray(end + HEAD_END.length);
    if (body.length < length) return;
    // A server that answers errors with 200 says so in the body.
    if (!head.startsWith('HTTP/1.1 200') || body.includes('"error"')) {
      throw new Error(`the server refused a trigger: ${head} ${body.toString()}`);
    }
    this.#buffer = Buffer.alloc(0);
    // soketi ends the connection after each answer: the next request needs another, as for any client.
    if (/connection: close/i.test(head)) {
      this.#socket?.destroy();
      this.#socket = undefined;
    }
    this.#answered();
  }
}
