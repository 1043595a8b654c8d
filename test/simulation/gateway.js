// A gateway in the simulation: the Observer of packages/protocol, as in production, with a link to each broker.
import { isChange, Observer, versionOf } from '@rollcall/protocol';
import { GatewayLink } from './gateway-link.js';

/** Shorter than in production, because the simulated days are short. */
const ASK_EVERY_MS = 10_000;

/** Of a probe. */
const TIMEOUT_MS = 1000;

export class Gateway {
  observer;
  name;
  links;
  /** What it would have told people. */
  told = /** @type {string[]} */ ([]);
  #world;
  #random;
  #violations;
  #probe;
  #life = 0;
  /** @type {Map<string, number>} the latest run of each id that this gateway removed because it left */
  #gone = new Map();
  /** @type {Map<string, number[]>} the latest version of each id that it held */
  #seen = new Map();

  /**
   * @param {string} name
   * @param {import('./world.js').World} world
   * @param {readonly import('./broker.js').Broker[]} brokers
   * @param {() => number} random
   * @param {(port: number) => 'ok' | 'refused' | 'timeout' | 'unknown'} probe
   * @param {string[]} violations
   */
  constructor(name, world, brokers, random, probe, violations) {
    this.name = name;
    this.#world = world;
    this.#random = random;
    this.#probe = probe;
    this.#violations = violations;
    this.observer = this.#newObserver();
    this.links = brokers.map((broker, number) => new GatewayLink(this, broker, number, random));
  }

  start() {
    for (const link of this.links) link.start();
    this.every(100, () => this.react(this.observer.tick(this.#world.now)));
  }

  /** Crashes it, and restarts it with an empty table. */
  forget() {
    this.#life++;
    this.#gone.clear();
    this.#seen.clear();
    for (const link of this.links) link.forget();
    this.observer = this.#newObserver();
    this.start();
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

  /**
   * Acts later, unless it has crashed meanwhile.
   * @param {number} milliseconds
   * @param {() => void} act
   */
  after(milliseconds, act) {
    const life = this.#life;
    this.#world.after(milliseconds, () => {
      if (life === this.#life) act();
    });
  }

  /**
   * @param {number} milliseconds
   * @param {() => void} act
   */
  every(milliseconds, act) {
    this.after(milliseconds, () => {
      act();
      this.every(milliseconds, act);
    });
  }

  /** @param {import('@rollcall/protocol').Reaction} reaction */
  react({ effects, refusals }) {
    for (const { reason } of refusals) this.told.push(reason);
    for (const effect of effects) {
      if (effect.type === 'probe') {
        this.#ask(effect);
        continue;
      }
      if (effect.type === 'finding') continue;
      const about = 'instance' in effect ? effect.instance.key : effect.prefix;
      this.told.push(`${effect.type} ${about}`);
      if (isChange(effect)) this.#changed(effect);
    }
  }

  #newObserver() {
    const nonce = () => Math.floor(this.#random() * 2 ** 48).toString(36);
    return new Observer({ probes: 'always', answers: true, rollCallEveryMs: ASK_EVERY_MS, nonce });
  }

  /** @param {Extract<import('@rollcall/protocol').Effect, { type: 'probe' }>} effect */
  #ask({ instance: { key, announcement }, by }) {
    const { port } = announcement;
    // The kernel accepts the connections of a busy instance all the same.
    const look = () => {
      const verdict = this.#probe(port);
      return by === 'connect' && verdict === 'timeout' ? 'ok' : verdict;
    };
    const wait = (/** @type {number} */ milliseconds) =>
      this.after(milliseconds, () => {
        if (this.observer.table.get(key)?.announcement !== announcement) return;
        const verdict = look();
        const isPending = verdict === 'timeout';
        const event = /** @type {const} */ ({ type: 'probed', key, verdict, by, isPending });
        const reaction = this.observer.learn(event, this.#world.now);
        // In the simulation a probe never fails otherwise than by a refusal or a timeout.
        if (
          reaction.effects.some(
            (effect) => effect.type === 'down' && /probes? failed|not answered/.test(effect.why),
          )
        )
          this.#violations.push(`${this.name} took ${key} down, which was busy`);
        this.react(reaction);
        if (isPending) wait(TIMEOUT_MS);
      });
    wait(look() === 'timeout' ? TIMEOUT_MS : 5);
  }

  /** @param {import('@rollcall/protocol').Change} change */
  #changed({ type, instance: { key, announcement } }) {
    const { id, inc = 0, ttl } = announcement;
    if (id === undefined || versionOf(announcement) === undefined) return;
    for (const link of this.links)
      if (type === 'left' || type === 'forgotten') link.leave(key);
      else if (ttl === undefined) link.join(key);

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
