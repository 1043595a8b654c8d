// A gateway in the simulation: the Observer of packages/protocol, as in production, with the presence channels that it
// has joined, as in packages/client/src/observer/presence-channels.ts.
import { isChange, Observer, parsePresenceUserId, versionOf } from '@rollcall/protocol';

/** Shorter than in production, because the simulated days are short. */
const ASK_EVERY_MS = 10_000;
const ENUMERATE_EVERY_MS = 5000;

/** Of a probe. */
const TIMEOUT_MS = 1000;

export class Gateway {
  observer;
  name;
  #channel;
  #random;
  #violations;
  #probe;
  #isConnected = false;
  #life = 0;
  /** @type {Map<string, Set<string>>} the users that it knows in each presence channel that it has joined */
  #presences = new Map();
  /** @type {Map<string, number>} the latest run of each id that this gateway removed because it left */
  #gone = new Map();
  /** @type {Map<string, number[]>} the latest version of each id that it held */
  #seen = new Map();

  /**
   * @param {string} name
   * @param {import('./channel.js').Channel} channel
   * @param {() => number} random
   * @param {(port: number) => 'ok' | 'refused' | 'timeout' | 'unknown'} probe
   * @param {string[]} violations
   */
  constructor(name, channel, random, probe, violations) {
    this.name = name;
    this.#channel = channel;
    this.#random = random;
    this.#probe = probe;
    this.#violations = violations;
    this.observer = this.#newObserver();
  }

  start() {
    const life = this.#life;
    this.reconnect();
    this.#every(100, life, () => this.#react(this.observer.tick(this.#channel.now)));
    this.#every(ENUMERATE_EVERY_MS, life, () => this.#enumerate());
  }

  reconnect() {
    if (this.#isConnected || !this.#channel.isUp) return;
    this.#isConnected = true;
    this.#react(this.observer.subscribed(this.#channel.now));
    for (const id of this.#presences.keys()) this.#subscribe(id);
    this.#enumerate();
    const life = this.#life;
    this.#channel.after(200, () => {
      if (life === this.#life && this.#isConnected)
        this.#publish(this.observer.askOwners(this.#channel.now));
    });
  }

  drop() {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.#react(this.observer.disconnected(this.#channel.now));
  }

  /**
   * Cuts its link for a while.
   * @param {number} milliseconds
   */
  lose(milliseconds) {
    this.drop();
    this.#channel.after(milliseconds, () => this.reconnect());
  }

  /** Crashes it, and restarts it with an empty table. */
  forget() {
    this.#life++;
    this.#gone.clear();
    this.#seen.clear();
    this.#presences.clear();
    this.#isConnected = false;
    this.observer = this.#newObserver();
    this.start();
  }

  /**
   * @param {string} event
   * @param {unknown} data
   */
  receive(event, data) {
    if (this.#isConnected) this.#react(this.observer.receive(event, data, this.#channel.now));
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
    this.#react(this.observer.joined(id, member, this.#channel.now));
  }

  /**
   * @param {string} id
   * @param {string} userId
   */
  parted(id, userId) {
    if (!this.isIn(id)) return;
    this.#presences.get(id)?.delete(userId);
    const run = parsePresenceUserId(userId);
    if (run !== undefined) this.#react(this.observer.departed(id, run.inc, this.#channel.now));
  }

  legacyPorts() {
    const legacy = this.observer.table
      .routable('/s')
      .filter((each) => each.announcement.id === undefined);
    return legacy
      .map((each) => each.announcement.port)
      .toSorted((a, b) => a - b)
      .join();
  }

  #newObserver() {
    const nonce = () => Math.floor(this.#random() * 2 ** 48).toString(36);
    return new Observer({ probes: 'always', answers: true, rollCallEveryMs: ASK_EVERY_MS, nonce });
  }

  /**
   * @param {number} milliseconds
   * @param {number} life
   * @param {() => void} act
   */
  #every(milliseconds, life, act) {
    this.#channel.after(milliseconds, () => {
      if (life !== this.#life) return;
      act();
      this.#every(milliseconds, life, act);
    });
  }

  #enumerate() {
    if (!this.#isConnected) return;
    const counts = new Map(this.#channel.enumerate().map(({ id, count }) => [id, count]));
    for (const id of new Set([...counts.keys(), ...this.#presences.keys()])) {
      // The transport also counts observers, so it lists a channel that its instance has left.
      const isOther = this.#presences.get(id)?.size !== (counts.get(id) ?? 0);
      if (isOther || this.observer.table.lacksPresence(id)) this.#join(id);
    }
  }

  /** @param {string} id */
  #join(id) {
    this.#presences.set(id, new Set());
    this.#subscribe(id);
  }

  /**
   * Subscribes to a presence channel. The transport responds with its current members.
   * @param {string} id
   */
  #subscribe(id) {
    const life = this.#life;
    this.#channel.after(this.#random() * 50, () => {
      if (life !== this.#life || !this.isIn(id)) return;
      const members = this.#channel.members(id);
      this.#presences.set(id, new Set(members.map(({ userId }) => userId)));
      this.#react(this.observer.presence(id, members, this.#channel.now));
      if (this.observer.table.get(id) === undefined) this.#presences.delete(id);
    });
  }

  /** @param {import('@rollcall/protocol').Reaction} reaction */
  #react({ effects, publish }) {
    for (const effect of effects) {
      if (effect.type === 'probe') this.#ask(effect);
      else if (isChange(effect)) this.#changed(effect);
    }
    for (const message of publish) this.#publish(message);
  }

  /** @param {import('@rollcall/protocol').Message} message */
  #publish({ to, event, data }) {
    this.#channel.publish(to, event, data);
  }

  /** @param {Extract<import('@rollcall/protocol').Effect, { type: 'probe' }>} effect */
  #ask({ instance: { key, announcement }, by }) {
    const life = this.#life;
    const { port } = announcement;
    // The kernel accepts the connections of a busy instance all the same.
    const look = () => {
      const verdict = this.#probe(port);
      return by === 'connect' && verdict === 'timeout' ? 'ok' : verdict;
    };
    const wait = (/** @type {number} */ milliseconds) =>
      this.#channel.after(milliseconds, () => {
        if (life !== this.#life || this.observer.table.get(key)?.announcement !== announcement)
          return;
        const verdict = look();
        const isPending = verdict === 'timeout';
        const event = /** @type {const} */ ({ type: 'probed', key, verdict, by, isPending });
        const { effects, ...rest } = this.observer.learn(event, this.#channel.now);
        // In the simulation a probe never fails otherwise than by a refusal or a timeout.
        if (
          effects.some(
            (effect) => effect.type === 'down' && /probes? failed|not answered/.test(effect.why),
          )
        )
          this.#violations.push(`${this.name} took ${key} down, which was busy`);
        this.#react({ effects, ...rest });
        if (isPending) wait(TIMEOUT_MS);
      });
    wait(look() === 'timeout' ? TIMEOUT_MS : 5);
  }

  /** @param {import('@rollcall/protocol').Change} change */
  #changed({ type, instance: { key, announcement } }) {
    const { id, inc = 0, ttl } = announcement;
    if (id === undefined || versionOf(announcement) === undefined) return;
    if (type === 'left' || type === 'forgotten') this.#presences.delete(key);
    else if (ttl === undefined && !this.#presences.has(key)) this.#join(key);

    // A table remembers nothing of a run that it has forgotten.
    if (type === 'forgotten') {
      this.#seen.delete(id);
      return;
    }
    const gone = this.#gone.get(id) ?? 0;
    if (type === 'left') this.#gone.set(id, Math.max(gone, inc));
    else if (inc <= gone) {
      this.#violations.push(`${this.name} brought back ${id}, which had left`);
    }
    const seen = this.#seen.get(id) ?? [0, 0];
    const version = [inc, announcement.seq ?? 0];
    if (isBefore(version, seen)) {
      this.#violations.push(`${this.name} went back to ${version.join('.')} of ${id}`);
    }
    this.#seen.set(id, version);
  }
}

/**
 * @param {number[]} a
 * @param {number[]} b
 */
function isBefore([incA = 0, seqA = 0], [incB = 0, seqB = 0]) {
  return incA < incB || (incA === incB && seqA < seqB);
}
