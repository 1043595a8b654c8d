// The transport in the simulation. It loses, repeats, delays and reorders events and reports of presence, knows the
// members of presence channels itself, and is unavailable at times.
import { World } from './world.js';

/** @typedef {import('./gateway.js').Gateway} Gateway */
/** @typedef {import('./instance.js').Instance} Instance */

const CHANCES = { loss: 0.2, duplicate: 0.1, delayMs: 800 };
const CALM_DELAY_MS = 20;

export class Channel {
  messages = 0;
  isUp = true;
  isCalm = false;
  /** @type {Gateway[]} */
  gateways = [];
  /** @type {Instance[]} */
  instances = [];
  #world = new World();
  #random;
  /** @type {Map<string, Map<string, unknown>>} user_info by user_id, by the id of the channel */
  #members = new Map();

  /** @param {() => number} random */
  constructor(random) {
    this.#random = random;
  }

  get now() {
    return this.#world.now;
  }

  /** @param {number} until */
  run(until) {
    this.#world.run(until);
  }

  /**
   * @param {number} delay
   * @param {() => void} act
   */
  after(delay, act) {
    this.#world.after(delay, act);
  }

  /**
   * @param {import('@rollcall/protocol').Message['to']} to
   * @param {string} event
   * @param {unknown} data
   */
  publish(to, event, data) {
    this.messages++;
    if (!this.isUp) return;
    const text = JSON.stringify(data);
    for (const each of this.#listeners(to))
      this.#deliver(() => each.receive(event, JSON.parse(text)));
  }

  /**
   * @param {string} id
   * @param {string} userId
   * @param {unknown} userInfo
   */
  join(id, userId, userInfo) {
    const members = this.#members.get(id) ?? new Map();
    this.#members.set(id, members.set(userId, userInfo));
    this.#tell(id, (gateway) => gateway.joined(id, { userId, userInfo }));
  }

  /**
   * @param {string} id
   * @param {string} userId
   */
  part(id, userId) {
    if (this.#members.get(id)?.delete(userId) === true)
      this.#tell(id, (gateway) => gateway.parted(id, userId));
  }

  /** @param {string} id */
  members(id) {
    const members = this.#members.get(id) ?? new Map();
    return [...members].map(([userId, userInfo]) => ({ userId, userInfo }));
  }

  /** The presence channels that have members, and how many. The request may fail. */
  enumerate() {
    this.messages++;
    const counts = [...this.#members].map(([id, members]) => ({ id, count: members.size }));
    return counts.filter(({ count }) => count > 0);
  }

  /** Cuts every connection. */
  goDown() {
    this.isUp = false;
    this.#members.clear();
    for (const each of [...this.gateways, ...this.instances]) each.drop();
  }

  comeUp() {
    this.isUp = true;
    for (const each of [...this.gateways, ...this.instances])
      this.after(this.#random() * 500, () => each.reconnect());
  }

  /** @param {import('@rollcall/protocol').Message['to']} to */
  #listeners(to) {
    if (to === 'registry') return this.gateways;
    const owners = this.instances.filter(({ kind }) => kind === 'presence');
    return to === 'owners' ? owners : owners.filter(({ id }) => id === to.id);
  }

  /**
   * @param {string} id
   * @param {(gateway: Gateway) => void} tell
   */
  #tell(id, tell) {
    const there = this.gateways.filter((gateway) => gateway.isIn(id));
    for (const gateway of there) {
      this.messages++;
      this.#deliver(() => tell(gateway));
    }
  }

  /** @param {() => void} arrive */
  #deliver(arrive) {
    const copies = !this.isCalm && this.#random() < CHANCES.duplicate ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (!this.isCalm && this.#random() < CHANCES.loss) continue;
      this.after(this.#random() * (this.isCalm ? CALM_DELAY_MS : CHANCES.delayMs), arrive);
    }
  }
}
