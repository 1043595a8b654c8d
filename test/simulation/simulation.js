// A deployment in virtual time: instances and gateways on a channel that loses, repeats, delays and reorders messages and
// is unavailable at times. Instances crash, leave and restart with clocks that are off, links are cut, and gateways lose
// their tables.
import { Channel } from './channel.js';
import { Gateway } from './gateway.js';
import { Instance } from './instance.js';
import { randomFrom } from './random.js';

/** @type {Record<import('./instance.js').Kind, number>} */
const INSTANCES = { presence: 6, lease: 3, legacy: 2 };
const GATEWAYS = 3;
const CHAOS_MS = 60_000;
const QUIET_MS = 60_000;

export class Simulation {
  /** @type {string[]} what must never happen */
  violations = [];
  /** When, after the faults end, all gateways first agreed with the truth and continued to. */
  convergedAfter = Infinity;

  #channel;
  #random;
  #isChaos = true;
  /** Until then no gateway has descriptors to probe with. */
  #exhaustedUntil = 0;

  /** @param {number} seed */
  constructor(seed) {
    this.#random = randomFrom(seed);
    this.#channel = new Channel(this.#random);
    const { instances, gateways } = this.#channel;
    for (const kind of /** @type {const} */ (['presence', 'lease', 'legacy'])) {
      for (let count = 0; count < INSTANCES[kind]; count++) {
        const port = 1000 + instances.length;
        instances.push(new Instance(`i${port}`, kind, port, this.#channel, this.#random));
      }
    }
    /** @type {(port: number) => 'ok' | 'refused' | 'timeout' | 'unknown'} */
    const probe = (port) => {
      if (this.#channel.now < this.#exhaustedUntil) return 'unknown';
      const instance = instances.find((each) => each.port === port && each.isUp);
      if (instance === undefined) return 'refused';
      return this.#channel.now < instance.busyUntil ? 'timeout' : 'ok';
    };
    for (let index = 0; index < GATEWAYS; index++) {
      const name = `g${index}`;
      gateways.push(new Gateway(name, this.#channel, this.#random, probe, this.violations));
    }
  }

  get messages() {
    return this.#channel.messages;
  }

  run() {
    const channel = this.#channel;
    for (const gateway of channel.gateways) gateway.start();
    for (const instance of channel.instances)
      channel.after(this.#upTo(5000), () => instance.start());
    this.#schedule(2000, () => this.#disturb());
    channel.run(CHAOS_MS);

    this.#isChaos = false;
    channel.isCalm = true;
    channel.comeUp();
    for (let waited = 0; waited <= QUIET_MS; waited += 250) {
      channel.run(CHAOS_MS + waited);
      const faults = this.#faults();
      if (faults.length > 0) this.convergedAfter = Infinity;
      else if (this.convergedAfter === Infinity) this.convergedAfter = waited;
      if (waited === QUIET_MS) this.violations.push(...faults);
    }
    return this;
  }

  /** @param {number} limit */
  #upTo(limit) {
    return this.#random() * limit;
  }

  /**
   * Repeats an action while faults are injected.
   * @param {number} every
   * @param {() => void} act
   */
  #schedule(every, act) {
    this.#channel.after(this.#upTo(every), () => {
      if (!this.#isChaos) return;
      act();
      this.#schedule(every, act);
    });
  }

  #disturb() {
    const { instances, gateways } = this.#channel;
    const instance = instances[Math.floor(this.#upTo(instances.length))];
    const gateway = gateways[Math.floor(this.#upTo(GATEWAYS))];
    if (instance === undefined || gateway === undefined) return;
    const choice = this.#random();
    if (choice < 0.15) instance.crash();
    else if (choice < 0.35) instance.leave();
    else if (choice < 0.6) instance.start();
    else if (choice < 0.7) instance.update();
    else if (choice < 0.75) instance.loseLink(this.#upTo(8000));
    else if (choice < 0.78) instance.busyUntil = this.#channel.now + this.#upTo(8000);
    else if (choice < 0.79) this.#exhaustedUntil = this.#channel.now + this.#upTo(5000);
    else if (choice < 0.85) gateway.forget();
    else if (choice < 0.95) gateway.lose(this.#upTo(8000));
    else this.#outage(this.#upTo(8000));
  }

  /** @param {number} milliseconds */
  #outage(milliseconds) {
    this.#channel.goDown();
    this.#channel.after(milliseconds, () => this.#channel.comeUp());
  }

  /** How the gateways' tables differ from the truth. No gateway may have received a legacy instance. */
  #faults() {
    const { gateways, instances } = this.#channel;
    const faults = [];
    for (const { name, observer } of gateways) {
      const routable = new Set(observer.table.routable('/s').map((each) => each.announcement.port));
      for (const { port, id, kind, isUp, owner } of instances) {
        if (isUp && kind !== 'legacy' && !routable.has(port))
          faults.push(`${name} does not route to ${id} (${kind})`);
        if (!isUp && routable.has(port)) faults.push(`${name} routes to ${id}, which is gone`);
        const held = observer.table.get(id)?.announcement;
        if (isUp && owner && held?.seq !== owner.announcement.seq)
          faults.push(
            `${name} holds seq ${held?.seq} of ${id} (${kind}), which says ${owner.announcement.seq}`,
          );
      }
    }
    const legacy = gateways.map((gateway) => gateway.legacyPorts());
    if (new Set(legacy).size > 1)
      faults.push(`gateways differ on legacy instances: ${legacy.join(' | ')}`);
    return faults;
  }
}
