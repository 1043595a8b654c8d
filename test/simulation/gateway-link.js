// The connection of a gateway to a broker in the simulation: its conversation there, and the presence channels that it has
// joined, as in packages/client/src/observer.
import { parsePresenceUserId } from '@rollcall/protocol';

const ENUMERATE_EVERY_MS = 5000;

export class GatewayLink {
  #gateway;
  #broker;
  #number;
  #random;
  #isConnected = false;
  /** @type {Map<string, Set<string>>} the users that it knows in each presence channel that it has joined */
  #presences = new Map();

  /**
   * @param {import('./gateway.js').Gateway} gateway
   * @param {import('./broker.js').Broker} broker
   * @param {number} number
   * @param {() => number} random
   */
  constructor(gateway, broker, number, random) {
    this.#gateway = gateway;
    this.#broker = broker;
    this.#number = number;
    this.#random = random;
    broker.gateways.push(this);
  }

  start() {
    this.reconnect();
    this.#gateway.every(100, () => this.#react(this.#conversation.tick(this.#broker.now)));
    this.#gateway.every(ENUMERATE_EVERY_MS, () => this.#enumerate());
  }

  reconnect() {
    if (this.#isConnected || !this.#broker.isUp) return;
    this.#isConnected = true;
    this.#react(this.#conversation.subscribed(this.#broker.now));
    for (const id of this.#presences.keys()) this.#subscribe(id);
    this.#enumerate();
    this.#gateway.after(200, () => {
      if (this.#isConnected) this.#publish(this.#conversation.askOwners(this.#broker.now));
    });
  }

  drop() {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.#react(this.#conversation.disconnected(this.#broker.now));
  }

  /**
   * Is cut for a while.
   * @param {number} milliseconds
   */
  lose(milliseconds) {
    this.drop();
    this.#broker.after(milliseconds, () => this.reconnect());
  }

  /** The gateway has crashed. */
  forget() {
    this.#presences.clear();
    this.#isConnected = false;
  }

  /**
   * @param {string} event
   * @param {unknown} data
   */
  receive(event, data) {
    if (this.#isConnected) this.#react(this.#conversation.receive(event, data, this.#broker.now));
  }

  /** @param {string} id */
  isIn(id) {
    return this.#isConnected && this.#presences.has(id);
  }

  /**
   * @param {string} id
   * @param {import('@rollcall/protocol/pusher').Member} member
   */
  joined(id, member) {
    if (!this.isIn(id)) return;
    this.#presences.get(id)?.add(member.userId);
    this.#react(this.#conversation.joined(id, member, this.#broker.now));
  }

  /**
   * @param {string} id
   * @param {string} userId
   */
  parted(id, userId) {
    if (!this.isIn(id)) return;
    this.#presences.get(id)?.delete(userId);
    const run = parsePresenceUserId(userId);
    if (run !== undefined) this.#react(this.#conversation.departed(id, run.inc, this.#broker.now));
  }

  /** @param {string} id */
  leave(id) {
    this.#presences.delete(id);
  }

  /** @param {string} id */
  join(id) {
    if (!this.#presences.has(id)) this.#joinAgain(id);
  }

  get #conversation() {
    return this.#gateway.observer.at(this.#number);
  }

  #enumerate() {
    if (!this.#isConnected || !this.#broker.isUp) return;
    const counts = new Map(this.#broker.enumerate().map(({ id, count }) => [id, count]));
    for (const id of new Set([...counts.keys(), ...this.#presences.keys()])) {
      // The transport also counts observers, so it lists a channel that its instance has left.
      const isOther = this.#presences.get(id)?.size !== (counts.get(id) ?? 0);
      if (isOther || this.#conversation.lacksPresence(id)) this.#joinAgain(id);
    }
  }

  /** @param {string} id */
  #joinAgain(id) {
    this.#presences.set(id, new Set());
    this.#subscribe(id);
  }

  /**
   * Subscribes to a presence channel. The transport responds with its current members.
   * @param {string} id
   */
  #subscribe(id) {
    this.#gateway.after(this.#random() * 50, () => {
      if (!this.isIn(id) || !this.#broker.isUp) return;
      const members = this.#broker.members(id);
      this.#presences.set(id, new Set(members.map(({ userId }) => userId)));
      this.#react(this.#conversation.presence(id, members, this.#broker.now));
      if (this.#gateway.observer.table.get(id) === undefined) this.#presences.delete(id);
    });
  }

  /** @param {import('@rollcall/protocol').Reaction} reaction */
  #react(reaction) {
    this.#gateway.react(reaction);
    for (const message of reaction.publish) this.#publish(message);
  }

  /** @param {import('@rollcall/protocol').Message} message */
  #publish({ to, event, data }) {
    this.#broker.publish(to, event, data);
  }
}
