// Triggers numbered events as a program does that repeats what is refused, and remembers which were accepted.
import { setTimeout as sleep } from 'node:timers/promises';
import Pusher from 'pusher';

/**
 * An event that was accepted.
 * @typedef {object} Accepted
 * @property {string} channel
 * @property {number} number
 * @property {number} sentAt
 * @property {number} acceptedAt
 */

export class NumberPublisher {
  /** @type {Accepted[]} */
  accepted = [];
  refused = 0;
  #pusher;
  #channels;
  #perSecond;
  #number = 0;
  #isRunning = true;
  /** @type {Set<Promise<void>>} */
  #pending = new Set();
  #finished;

  /**
   * @param {import('./balancer.js').Address & { appId: string, key: string, secret: string }} at
   * @param {readonly string[]} channels - in turns
   * @param {number} perSecond
   */
  constructor({ appId, key, secret, host, port }, channels, perSecond) {
    const at = { host, port: String(port), useTLS: false, timeout: 8_000 };
    this.#pusher = new Pusher({ appId, key, secret, ...at });
    this.#channels = channels;
    this.#perSecond = perSecond;
    this.#finished = this.#run();
  }

  /** Resolves when the last one is answered. */
  async stop() {
    this.#isRunning = false;
    await this.#finished;
    await Promise.all(this.#pending);
  }

  async #run() {
    while (this.#isRunning) {
      const sending = this.#send();
      this.#pending.add(sending);
      void sending.then(() => this.#pending.delete(sending));
      await sleep(1_000 / this.#perSecond);
    }
  }

  async #send() {
    const number = (this.#number += 1);
    const channel = this.#channels[number % this.#channels.length] ?? '';
    const sentAt = performance.now();
    try {
      await this.#pusher.trigger(channel, 'number', number);
      this.accepted.push({ channel, number, sentAt, acceptedAt: performance.now() });
    } catch {
      // Perhaps delivered all the same. A program repeats it, which here is the next number.
      this.refused += 1;
    }
  }
}
