// A client of the protocol that notes what it is told, and when. Unlike an SDK it hides no failure.
import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { APP } from './nodes.js';

export const ROOM = 'presence-room';
export const NEWS = 'news';

/** @typedef {{ at: number, kind: 'added' | 'removed', id: string }} Change */

export class Client {
  /** @type {Change[]} */
  changes = [];
  /** How often each event was received, by its number. @type {Map<number, number>} */
  received = new Map();
  /** When it was subscribed to the news, and until when. @type {{ from: number, to: number }[]} */
  periods = [];
  /** The members that it was shown when it joined. @type {string[]} */
  shown = [];
  /** The server has closed it although its node was not to end. */
  wasClosed = false;
  isSubscribed = false;
  /** It joins, or moves from a node that ends to another one: others may list it or not. */
  isJoining = false;
  /** @type {import('./nodes.js').Node} */
  node;
  id;
  #isLeaving = false;
  /** @type {WebSocket | undefined} */
  #socket;
  /** @type {() => void} */
  onClose = () => {};

  /**
   * @param {string} id
   * @param {import('./nodes.js').Node} node
   */
  constructor(id, node) {
    this.id = id;
    this.node = node;
  }

  /** Whether others should see it in the room. */
  get isThere() {
    return this.isSubscribed && !this.node.isHung;
  }

  /**
   * Resolves when it is subscribed to the room and the news; false if that fails.
   * @param {number} [timeoutMs]
   * @returns {Promise<boolean>}
   */
  join(timeoutMs = 30_000) {
    this.isJoining = true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(false), timeoutMs);
      const done = (/** @type {boolean} */ joined) => {
        clearTimeout(timer);
        this.isJoining = false;
        resolve(joined);
      };
      const socket = new WebSocket(
        `ws://${this.node.host}:${this.node.port}/app/${APP.key}?protocol=7`,
      );
      this.#socket = socket;
      socket.on('message', (frame) =>
        this.#take(JSON.parse(/** @type {Buffer} */ (frame).toString()), socket, done),
      );
      socket.on('error', () => {});
      socket.on('close', () => {
        // First, because the end may begin another attempt.
        done(false);
        this.#end();
      });
    });
  }

  /** Joins another node a second after its own has closed it, as SDKs do. @param {readonly import('./nodes.js').Node[]} nodes */
  moveBetween(nodes) {
    this.onClose = () => void this.#move(nodes);
  }

  /** @param {readonly import('./nodes.js').Node[]} nodes */
  async #move(nodes) {
    if (this.#isLeaving || this.isJoining) return;
    do {
      this.isJoining = true;
      await sleep(1_000);
      this.node = nodes.find((node) => node.isUp && node !== this.node) ?? this.node;
    } while (!(await this.join()));
  }

  leave() {
    this.#isLeaving = true;
    this.#socket?.terminate();
  }

  #end() {
    if (this.isSubscribed) {
      this.isSubscribed = false;
      const last = this.periods.at(-1);
      if (last !== undefined) last.to = performance.now();
      if (this.node.isUp && !this.#isLeaving) this.wasClosed = true;
    }
    this.onClose();
  }

  /**
   * @param {any} frame
   * @param {WebSocket} socket
   * @param {(joined: boolean) => void} done
   */
  #take({ event, channel, data }, socket, done) {
    const say = (/** @type {object} */ message) => socket.send(JSON.stringify(message));
    const value = typeof data === 'string' ? JSON.parse(data) : data;
    switch (event) {
      case 'pusher:connection_established': {
        say({ event: 'pusher:subscribe', data: this.#room(value.socket_id) });
        break;
      }
      case 'pusher:ping': {
        say({ event: 'pusher:pong', data: {} });
        break;
      }
      case 'pusher_internal:subscription_succeeded': {
        if (channel === ROOM) {
          this.shown = value.presence.ids;
          say({ event: 'pusher:subscribe', data: { channel: NEWS } });
        } else {
          this.isSubscribed = true;
          this.periods.push({ from: performance.now(), to: Infinity });
          done(true);
        }
        break;
      }
      case 'pusher_internal:member_added':
      case 'pusher_internal:member_removed': {
        const kind = event.endsWith('added') ? 'added' : 'removed';
        this.changes.push({ at: performance.now(), kind, id: value.user_id });
        break;
      }
      case 'event': {
        this.received.set(value.n, (this.received.get(value.n) ?? 0) + 1);
        break;
      }
      default:
    }
  }

  /** @param {string} socketId */
  #room(socketId) {
    const channelData = JSON.stringify({ user_id: this.id, user_info: {} });
    const text = `${socketId}:${ROOM}:${channelData}`;
    const signature = createHmac('sha256', APP.secret).update(text).digest('hex');
    return { channel: ROOM, channel_data: channelData, auth: `${APP.key}:${signature}` };
  }
}
