// A broker in the simulation. It loses, repeats, delays and reorders events and reports of presence, knows the members of
// presence channels itself, is unavailable or hangs at times, and repeats what it has said long before. It knows of no other.

/** @typedef {import('./gateway-link.js').GatewayLink} GatewayLink */
/** @typedef {import('./owner-link.js').OwnerLink} OwnerLink */

const CHANCES = { loss: 0.2, duplicate: 0.1, delayMs: 800 };
const CALM_DELAY_MS = 20;
/** As long as clients wait for a broker that says nothing. */
const GIVEN_UP_MS = 15_000;
const MAX_REMEMBERED = 200;

export class Broker {
  messages = 0;
  isCalm = false;
  /** @type {GatewayLink[]} */
  gateways = [];
  /** @type {OwnerLink[]} */
  owners = [];
  #isUp = true;
  #world;
  #random;
  /** @type {Map<string, Map<string, unknown>>} user_info by user_id, by the id of the channel */
  #members = new Map();
  /** @type {(() => void)[]} what it has said lately */
  #said = [];
  /** @type {(() => void)[] | undefined} what it has yet to say, while it hangs */
  #backlog;

  /**
   * @param {import('./world.js').World} world
   * @param {() => number} random
   */
  constructor(world, random) {
    this.#world = world;
    this.#random = random;
  }

  get now() {
    return this.#world.now;
  }

  /** Whether it takes connections and requests. */
  get isUp() {
    return this.#isUp && this.#backlog === undefined;
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

  /** The presence channels that have members, and how many. */
  enumerate() {
    this.messages++;
    const counts = [...this.#members].map(([id, members]) => ({ id, count: members.size }));
    return counts.filter(({ count }) => count > 0);
  }

  /** Cuts every connection. It comes up again as one that knows nothing. */
  goDown() {
    this.#isUp = false;
    this.#backlog = undefined;
    this.#members.clear();
    this.#said = [];
    for (const each of [...this.gateways, ...this.owners]) each.drop();
  }

  comeUp() {
    this.#isUp = true;
    this.#invite();
  }

  /** Connects all that are not connected. */
  #invite() {
    for (const each of [...this.gateways, ...this.owners])
      this.after(this.#random() * 500, () => each.reconnect());
  }

  /** Says nothing, and takes nothing, for a while. Clients notice only in time. */
  hang(/** @type {number} */ milliseconds) {
    if (!this.isUp) return;
    const backlog = (this.#backlog = /** @type {(() => void)[]} */ ([]));
    this.after(GIVEN_UP_MS, () => {
      if (this.#backlog !== backlog) return;
      this.goDown();
      this.after(Math.max(0, milliseconds - GIVEN_UP_MS), () => this.comeUp());
    });
    this.after(milliseconds, () => {
      if (this.#backlog !== backlog) return;
      this.#backlog = undefined;
      for (const act of backlog) this.#deliver(act);
      this.#invite();
    });
  }

  /** Says again what it has said before. */
  replay() {
    if (!this.isUp) return;
    for (const act of this.#said) if (this.#random() < 0.3) this.#deliver(act, false);
  }

  /** @param {import('@rollcall/protocol').Message['to']} to */
  #listeners(to) {
    if (to === 'registry') return this.gateways;
    return to === 'owners' ? this.owners : this.owners.filter(({ id }) => id === to.id);
  }

  /**
   * @param {string} id
   * @param {(gateway: GatewayLink) => void} tell
   */
  #tell(id, tell) {
    const there = this.gateways.filter((gateway) => gateway.isIn(id));
    for (const gateway of there) {
      this.messages++;
      this.#deliver(() => tell(gateway));
    }
  }

  /** @param {() => void} arrive */
  #deliver(arrive, isNew = true) {
    if (this.#backlog !== undefined) {
      this.#backlog.push(arrive);
      return;
    }
    if (isNew) this.#said.push(arrive);
    if (this.#said.length > MAX_REMEMBERED) this.#said.shift();
    const copies = !this.isCalm && this.#random() < CHANCES.duplicate ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (!this.isCalm && this.#random() < CHANCES.loss) continue;
      this.after(this.#random() * (this.isCalm ? CALM_DELAY_MS : CHANCES.delayMs), arrive);
    }
  }
}
