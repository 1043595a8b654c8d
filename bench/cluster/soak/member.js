// A member of presence channels that behaves as the official SDKs do: it connects again a second after it was closed.
import { createHmac } from 'node:crypto';
import { WebSocket } from 'ws';
import { APP } from './nodes.js';

/** As pusher-js does after 4100 to 4199, and after a connection was lost. */
const RETRY_MS = 1_000;

/** @typedef {import('./balancer.js').Address} Address */

/**
 * From a confirmed subscription to the end of the connection.
 * @typedef {object} Session
 * @property {number} from
 * @property {number} to
 * @property {number[]} events - numbers in the order in which they came
 */

export class Member {
  /** @type {Session[]} */
  sessions = [];
  /** Users that were announced as gone. @type {string[]} */
  removed = [];
  /** Users that were announced as new since it was first subscribed. @type {string[]} */
  added = [];
  /** @type {number[]} */
  closeCodes = [];
  /** For how long it was not subscribed, each time. @type {number[]} */
  gaps = [];
  isSubscribed = false;
  userId;
  channels;
  #address;
  /** @type {WebSocket | undefined} */
  #socket;
  /** @type {Session | undefined} */
  #session;
  #lostAt = 0;
  #isClosed = false;
  #isGreeted = false;
  #confirmed = 0;
  /** @type {(() => void)[]} */
  #waiting = [];

  /**
   * @param {() => Address} address - where it connects, each time
   * @param {string} userId
   * @param {readonly string[]} channels
   */
  constructor(address, userId, channels) {
    this.#address = address;
    this.userId = userId;
    this.channels = channels;
    this.#connect();
  }

  /** Resolves when it is subscribed to all of its channels. @returns {Promise<void>} */
  subscribed() {
    if (this.isSubscribed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Leaves: in order, or as a client whose device is lost. @param {boolean} isOrderly */
  close(isOrderly = true) {
    this.#isClosed = true;
    if (isOrderly) this.#socket?.close();
    else this.#socket?.terminate();
  }

  #connect() {
    const { host, port } = this.#address();
    const socket = new WebSocket(`ws://${host}:${port}/app/${APP.key}?protocol=7`);
    this.#socket = socket;
    this.#confirmed = 0;
    socket.on('error', () => {});
    socket.on('message', (/** @type {Buffer} */ data) =>
      this.#receive(JSON.parse(data.toString())),
    );
    socket.on('close', (code) => this.#onClose(code));
  }

  /** @param {number} code */
  #onClose(code) {
    this.#endSession();
    // Not of attempts at a node that is gone, or about to be.
    if (this.#isGreeted) this.closeCodes.push(code);
    this.#isGreeted = false;
    if (!this.#isClosed) setTimeout(() => this.#isClosed || this.#connect(), RETRY_MS);
  }

  /** From the announcement of a close on it receives nothing, however long the rest takes. */
  #endSession() {
    if (this.#session === undefined) return;
    this.#lostAt = performance.now();
    this.#session.to = this.#lostAt;
    this.#session = undefined;
    this.isSubscribed = false;
  }

  /** @param {{ event: string, channel?: string, data: string }} frame */
  #receive({ event, data }) {
    switch (event) {
      case 'pusher:connection_established':
        this.#isGreeted = true;
        return this.#subscribe(JSON.parse(data).socket_id);
      case 'pusher_internal:subscription_succeeded':
        return this.#onConfirmed();
      case 'pusher_internal:member_removed':
        this.removed.push(JSON.parse(data).user_id);
        return;
      case 'pusher_internal:member_added':
        this.added.push(JSON.parse(data).user_id);
        return;
      case 'number':
        this.#session?.events.push(Number(data));
        return;
      case 'pusher:error':
        return this.#endSession();
      case 'pusher:ping':
        this.#say('pusher:pong', {});
        return;
      case 'pusher:subscription_error':
        throw new Error(`${this.userId} was refused: ${JSON.stringify(data)}`);
      default:
    }
  }

  /** @param {string} socketId */
  #subscribe(socketId) {
    const channelData = JSON.stringify({ user_id: this.userId });
    for (const channel of this.channels) {
      const text = `${socketId}:${channel}:${channelData}`;
      const signature = createHmac('sha256', APP.secret).update(text).digest('hex');
      const auth = `${APP.key}:${signature}`;
      this.#say('pusher:subscribe', { channel, auth, channel_data: channelData });
    }
  }

  #onConfirmed() {
    this.#confirmed += 1;
    if (this.#confirmed < this.channels.length) return;
    const now = performance.now();
    if (this.#lostAt > 0) this.gaps.push(now - this.#lostAt);
    this.#session = { from: now, to: Number.POSITIVE_INFINITY, events: [] };
    this.sessions.push(this.#session);
    this.isSubscribed = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /**
   * @param {string} event
   * @param {object} data
   */
  #say(event, data) {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ event, data }));
    }
  }
}
