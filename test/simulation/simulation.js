// A deployment in virtual time: instances and gateways on a channel that loses, repeats, delays and
// reorders messages and is away at times, while instances crash, leave and restart and gateways forget.
// What the gateways run here is the Observer of packages/protocol, as in production.
import { Observer } from '@rollcall/protocol';
import { randomFrom } from './random.js';
import { World } from './world.js';

/**
 * @typedef {object} Simulated An instance
 * @property {string} id '' for a legacy one
 * @property {number} port
 * @property {number} inc
 * @property {number} seq
 * @property {boolean} isUp
 * @property {number} run counts starts, so that timers of an earlier run know that they are late
 * @property {number} skew how far its clock is off
 */

const INSTANCES = 8;
const LEGACY = 2;
const GATEWAYS = 3;
const CHAOS_MS = 60_000;
const QUIET_MS = 30_000;
const TTL_SECONDS = 9;
/** Less than in production, as the days here are short. */
const ASK_EVERY_MS = 10_000;

const CHANCES = { loss: 0.2, duplicate: 0.1, delayMs: 800 };

export class Simulation {
  /** @type {string[]} what must never be */
  violations = [];
  messages = 0;
  /** When after the chaos all gateways first agreed with the truth, and stayed so. */
  convergedAfter = Infinity;

  #world = new World();
  #random;
  #isChaos = true;
  #channelIsUp = true;
  /** @type {Simulated[]} */
  #instances = [];
  /** @type {Gateway[]} */
  #gateways = [];

  /** @param {number} seed */
  constructor(seed) {
    this.#random = randomFrom(seed);
    for (let index = 0; index < INSTANCES + LEGACY; index++) {
      const id = index < INSTANCES ? `i${index}` : '';
      const skew = (this.#random() - 0.5) * 60_000;
      const common = { inc: 0, seq: 0, run: 0, isUp: false, skew };
      this.#instances.push({ id, port: 1000 + index, ...common });
    }
    for (let index = 0; index < GATEWAYS; index++) this.#gateways.push(new Gateway(this, index));
  }

  run() {
    for (const gateway of this.#gateways) gateway.start();
    for (const instance of this.#instances)
      this.#world.after(this.#upTo(5000), () => this.#start(instance));
    this.#schedule(2000, () => this.#disturb());
    this.#world.run(CHAOS_MS);

    this.#isChaos = false;
    this.#channelIsUp = true;
    for (const gateway of this.#gateways) gateway.connect();
    for (let waited = 0; waited <= QUIET_MS; waited += 250) {
      this.#world.run(CHAOS_MS + waited);
      const faults = this.#faults();
      if (faults.length > 0) this.convergedAfter = Infinity;
      else if (this.convergedAfter === Infinity) this.convergedAfter = waited;
      if (waited === QUIET_MS) this.violations.push(...faults);
    }
    return this;
  }

  get now() {
    return this.#world.now;
  }

  get gatewaysConnected() {
    return this.#channelIsUp;
  }

  /** @param {number} limit */
  #upTo(limit) {
    return this.#random() * limit;
  }

  /**
   * @param {number} delay
   * @param {() => void} act
   */
  after(delay, act) {
    this.#world.after(delay, act);
  }

  /** A random name for a roll call. */
  nonce() {
    return Math.floor(this.#random() * 2 ** 48).toString(36);
  }

  /**
   * Publishes to every gateway, as well as the channel is able to.
   * @param {string} event
   * @param {unknown} data
   */
  publish(event, data) {
    this.messages++;
    if (!this.#channelIsUp) return;
    const text = JSON.stringify(data);
    for (const gateway of this.#gateways) {
      const copies = this.#isChaos && this.#random() < CHANCES.duplicate ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        if (this.#isChaos && this.#random() < CHANCES.loss) continue;
        const delay = this.#upTo(this.#isChaos ? CHANCES.delayMs : 20);
        this.after(delay, () => gateway.receive(event, JSON.parse(text)));
      }
    }
  }

  /**
   * What a probe of this address would find.
   * @param {number} port
   * @returns {'ok' | 'refused'}
   */
  probe(port) {
    return this.#instances.some((each) => each.port === port && each.isUp) ? 'ok' : 'refused';
  }

  /** @param {Simulated} instance */
  #start(instance) {
    if (instance.isUp) return;
    // Its clock may have been set back since its last run; it knows no last run if it is new.
    instance.inc = Math.max(Math.floor(1e12 + this.now + instance.skew), instance.inc + 1);
    instance.seq = 0;
    instance.isUp = true;
    const run = ++instance.run;
    this.#announce(instance, run);
  }

  /**
   * @param {Simulated} instance
   * @param {number} run
   */
  #announce(instance, run) {
    if (!instance.isUp || instance.run !== run) return;
    this.publish('register', announcementOf(instance));
    if (instance.id === '') return;
    this.after((TTL_SECONDS * 1000) / 3, () => this.#announce(instance, run));
  }

  /** @param {Simulated} instance */
  #leave(instance) {
    if (!instance.isUp) return;
    this.publish('exit', announcementOf(instance));
    instance.isUp = false;
  }

  /**
   * Does something again and again while there is chaos.
   * @param {number} every
   * @param {() => void} act
   */
  #schedule(every, act) {
    this.after(this.#upTo(every), () => {
      if (!this.#isChaos) return;
      act();
      this.#schedule(every, act);
    });
  }

  #disturb() {
    const instance = this.#instances[Math.floor(this.#upTo(this.#instances.length))];
    const gateway = this.#gateways[Math.floor(this.#upTo(GATEWAYS))];
    if (instance === undefined || gateway === undefined) return;
    const choice = this.#random();
    if (choice < 0.2) instance.isUp = false;
    else if (choice < 0.4) this.#leave(instance);
    else if (choice < 0.65) this.#start(instance);
    else if (choice < 0.75) this.#update(instance);
    else if (choice < 0.85) gateway.forget();
    else if (choice < 0.95) gateway.lose(this.#upTo(8000));
    else this.#outage(this.#upTo(8000));
  }

  /** @param {Simulated} instance */
  #update(instance) {
    if (!instance.isUp || instance.id === '') return;
    instance.seq++;
    this.publish('register', announcementOf(instance));
  }

  /** @param {number} milliseconds */
  #outage(milliseconds) {
    this.#channelIsUp = false;
    for (const gateway of this.#gateways) gateway.disconnect();
    this.after(milliseconds, () => {
      this.#channelIsUp = true;
      for (const gateway of this.#gateways) gateway.connect();
    });
  }

  /** How the gateways' tables differ from the truth. A legacy instance may have been heard by nobody. */
  #faults() {
    const faults = [];
    for (const gateway of this.#gateways) {
      const routable = new Set(
        gateway.observer.table.routable('/s').map((each) => each.announcement.port),
      );
      for (const { port, id, isUp } of this.#instances) {
        if (isUp && id !== '' && !routable.has(port))
          faults.push(`${gateway.name} does not route to ${id}`);
        if (!isUp && routable.has(port))
          faults.push(`${gateway.name} routes to ${id || port}, which is gone`);
      }
    }
    const legacy = this.#gateways.map((gateway) => gateway.legacyPorts());
    if (new Set(legacy).size > 1)
      faults.push(`gateways differ on legacy instances: ${legacy.join(' | ')}`);
    return faults;
  }
}

/** @param {Simulated} instance */
function announcementOf({ id, port, inc, seq }) {
  const place = { prefix: '/s', address: '10.0.0.1', port };
  return id === '' ? place : { ...place, id, inc, seq, ttl: TTL_SECONDS };
}

class Gateway {
  observer;
  name;
  #simulation;
  #isConnected = false;
  #life = 0;
  /** @type {Map<string, number>} the latest run of each id that this gateway took off its table because it left */
  #gone = new Map();
  /** @type {Map<string, number[]>} the latest version of each id that it held */
  #seen = new Map();

  /**
   * @param {Simulation} simulation
   * @param {number} index
   */
  constructor(simulation, index) {
    this.#simulation = simulation;
    this.name = `g${index}`;
    this.observer = this.#newObserver();
  }

  start() {
    this.connect();
    this.#tick(this.#life);
  }

  connect() {
    if (this.#isConnected || !this.#simulation.gatewaysConnected) return;
    this.#isConnected = true;
    this.#react(this.observer.subscribed(this.#simulation.now));
  }

  disconnect() {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.#react(this.observer.disconnected(this.#simulation.now));
  }

  /**
   * Its own link is down for a while.
   * @param {number} milliseconds
   */
  lose(milliseconds) {
    this.disconnect();
    this.#simulation.after(milliseconds, () => this.connect());
  }

  /** It crashes and starts again, and knows nothing. */
  forget() {
    this.#life++;
    this.#gone.clear();
    this.#seen.clear();
    this.#isConnected = false;
    this.observer = this.#newObserver();
    this.start();
  }

  /**
   * @param {string} event
   * @param {unknown} data
   */
  receive(event, data) {
    if (this.#isConnected) this.#react(this.observer.receive(event, data, this.#simulation.now));
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
    const nonce = () => this.#simulation.nonce();
    return new Observer({ probes: 'always', answers: true, askEvery: ASK_EVERY_MS, nonce });
  }

  /** @param {number} life */
  #tick(life) {
    if (life !== this.#life) return;
    this.#react(this.observer.tick(this.#simulation.now));
    this.#simulation.after(100, () => this.#tick(life));
  }

  /** @param {import('@rollcall/protocol').Reaction} reaction */
  #react({ effects, publish }) {
    for (const effect of effects) {
      if (effect.type === 'probe') this.#probe(effect.instance);
      else if (effect.type !== 'conflict' && effect.type !== 'mass-doubt') this.#check(effect);
    }
    for (const { event, data } of publish) this.#simulation.publish(event, data);
  }

  /** @param {import('@rollcall/protocol').Instance} instance */
  #probe({ key, announcement }) {
    const life = this.#life;
    this.#simulation.after(5, () => {
      if (life !== this.#life || this.observer.table.get(key)?.announcement !== announcement)
        return;
      const verdict = this.#simulation.probe(announcement.port);
      this.#react(
        this.observer.learn({ type: 'probed', key, verdict, by: 'probe' }, this.#simulation.now),
      );
    });
  }

  /** @param {import('@rollcall/protocol').Change} change */
  #check({ type, instance: { announcement } }) {
    const { id, inc = 0 } = announcement;
    if (id === undefined) return;
    const gone = this.#gone.get(id) ?? 0;
    if (type === 'left') this.#gone.set(id, Math.max(gone, inc));
    else if (inc <= gone && type !== 'forgotten') {
      this.#simulation.violations.push(`${this.name} brought back ${id}, which had left`);
    }
    const seen = this.#seen.get(id) ?? [0, 0];
    const version = [inc, announcement.seq ?? 0];
    if (isBefore(version, seen)) {
      this.#simulation.violations.push(`${this.name} went back to ${version.join('.')} of ${id}`);
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
