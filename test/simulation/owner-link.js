// The connection of an instance to a broker in the simulation: its presence there, and what it hears.
import { presenceUserId } from '@rollcall/protocol';

/** As in packages/client/src/registrar/presence-mode.ts. */
const REANNOUNCE_MS = 1000;

export class OwnerLink {
  #instance;
  #broker;
  #random;
  /** @type {{ id: string, userId: string } | undefined} how it joined its presence channel */
  #user;
  /** @type {import('@rollcall/protocol').Announcement | undefined} */
  #shown;
  #isLinked = false;

  /**
   * @param {import('./instance.js').Instance} instance
   * @param {import('./broker.js').Broker} broker
   * @param {() => number} random
   */
  constructor(instance, broker, random) {
    this.#instance = instance;
    this.#broker = broker;
    this.#random = random;
    if (instance.kind === 'presence') broker.owners.push(this);
  }

  get id() {
    return this.#instance.id;
  }

  say() {
    if (this.#instance.isUp) this.publish('register');
  }

  /** @param {'register' | 'exit'} event */
  publish(event) {
    this.#broker.publish('registry', event, this.#instance.announcement());
  }

  reconnect() {
    if (this.#instance.isUp && this.#instance.kind === 'presence') this.connect();
  }

  connect() {
    const { owner } = this.#instance;
    if (this.#isLinked || !this.#broker.isUp || owner === undefined) return;
    this.#isLinked = true;
    this.#shown = owner.announcement;
    this.#user = { id: this.id, userId: presenceUserId(owner.announcement) };
    this.#broker.join(this.id, this.#user.userId, owner.announcement);
    this.#instance.after(this.#random() * REANNOUNCE_MS, () => this.say());
  }

  disconnect() {
    if (!this.#isLinked) return;
    this.#isLinked = false;
    if (this.#user !== undefined) this.#broker.part(this.#user.id, this.#user.userId);
  }

  /** The broker has lost every connection. */
  drop() {
    this.#isLinked = false;
  }

  /**
   * Receives an event of the owners' channel, or of its own presence channel.
   * @param {string} event
   * @param {any} data
   */
  receive(event, data) {
    const { owner } = this.#instance;
    if (!this.#isLinked || owner === undefined) return;
    if (event === 'rollcall') {
      const shown = /** @type {import('@rollcall/protocol').Owned | undefined} */ (this.#shown);
      const wait = owner.answerAfter(data, this.#random(), shown);
      if (wait !== undefined) this.#instance.after(wait, () => this.say());
    }
    if (event !== 'table') return;
    for (const announcement of data.up) this.#instance.hear({ announcement, left: false });
    for (const announcement of data.left) this.#instance.hear({ announcement, left: true });
  }
}
