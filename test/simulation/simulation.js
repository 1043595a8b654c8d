// A deployment in virtual time: instances and gateways on one or several brokers that lose, repeat, delay and reorder messages
// and are unavailable at times. Instances crash, leave and restart with clocks that are off, links are cut, and gateways lose
// their tables.
import { Broker } from './broker.js';
import { Gateway } from './gateway.js';
import { Instance } from './instance.js';
import { randomFrom } from './random.js';
import { World } from './world.js';

/** @type {Record<import('./instance.js').Kind, number>} */
const INSTANCES = { presence: 6, lease: 3, legacy: 2 };
const GATEWAYS = 3;
const CHAOS_MS = 60_000;
const QUIET_MS = 60_000;
/** While brokers alone are disturbed: everybody is announced, then one broker stays, and all return before another one does. */
const SETTLED_MS = 15_000;
const ROUNDS = 3;
const DISTURBED_MS = 30_000;
const RETURN_MS = 30_000;

export class Simulation {
  /** @type {string[]} what must never happen */
  violations = [];
  /** When, after the faults end, all gateways first agreed with the truth and continued to. */
  convergedAfter = Infinity;

  #world = new World();
  #brokers;
  /** @type {Gateway[]} */
  #gateways = [];
  /** @type {Instance[]} */
  #instances = [];
  #random;
  #isChaos = true;
  /** Until then no gateway has descriptors to probe with. */
  #exhaustedUntil = 0;
  /** How many instances, the first ones, have an endpoint of their own. */
  #alone = 0;
  /** @type {(() => void)[]} */
  #shared = [];

  /**
   * @param {number} seed
   * @param {number} brokers how many there are
   */
  constructor(seed, brokers = 1) {
    this.#random = randomFrom(seed);
    this.#brokers = Array.from({ length: brokers }, () => new Broker(this.#world, this.#random));
    const instances = this.#instances;
    for (const kind of /** @type {const} */ (['presence', 'lease', 'legacy'])) {
      for (let count = 0; count < INSTANCES[kind]; count++) {
        const port = 1000 + instances.length;
        instances.push(this.#instance(kind, '/s', port));
      }
    }
    this.#share();
    /** @type {(port: number) => 'ok' | 'refused' | 'timeout' | 'unknown'} */
    const probe = (port) => {
      if (this.#world.now < this.#exhaustedUntil) return 'unknown';
      const instance = instances.find((each) => each.port === port && each.isUp);
      if (instance === undefined) return 'refused';
      return this.#world.now < instance.busyUntil ? 'timeout' : 'ok';
    };
    for (let index = 0; index < GATEWAYS; index++) {
      const name = `g${index}`;
      this.#gateways.push(
        new Gateway(name, this.#world, this.#brokers, this.#random, probe, this.violations),
      );
    }
  }

  get messages() {
    return this.#brokers.reduce((sum, { messages }) => sum + messages, 0);
  }

  run() {
    this.#start();
    this.#schedule(2000, () => this.#disturb());
    this.#world.run(CHAOS_MS);

    this.#isChaos = false;
    for (const broker of this.#brokers) {
      broker.isCalm = true;
      if (!broker.isUp) broker.goDown();
      broker.comeUp();
    }
    for (let waited = 0; waited <= QUIET_MS; waited += 250) {
      this.#world.run(CHAOS_MS + waited);
      const faults = this.#faults();
      if (faults.length > 0) this.convergedAfter = Infinity;
      else if (this.convergedAfter === Infinity) this.convergedAfter = waited;
      if (waited === QUIET_MS) this.violations.push(...faults);
    }
    return this;
  }

  /**
   * Instances and gateways do their work while brokers come and go, hang, repeat themselves and are cut off: all but one, and which
   * that is changes. Nobody may be told anything of it.
   */
  runBrokerFaults() {
    for (const broker of this.#brokers) broker.isCalm = true;
    this.#start();
    let now = SETTLED_MS;
    this.#world.run(now);
    for (const { told } of this.#gateways) told.length = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const steady = this.#brokers[Math.floor(this.#upTo(this.#brokers.length))];
      for (const broker of this.#brokers) broker.isCalm = broker === steady;
      this.#isChaos = true;
      this.#schedule(2000, () => this.#disturbOther(steady));
      this.#world.run((now += DISTURBED_MS));
      this.#isChaos = false;
      for (const broker of this.#brokers) {
        broker.isCalm = true;
        broker.comeUp();
      }
      this.#world.run((now += RETURN_MS));
    }
    for (const { name, told } of this.#gateways)
      this.violations.push(...told.map((what) => `${name} told people: ${what}`));
    return this;
  }

  #start() {
    for (const gateway of this.#gateways) gateway.start();
    for (const instance of this.#instances.slice(0, this.#alone))
      this.#world.after(this.#upTo(5000), () => instance.start());
  }

  /** @param {Broker | undefined} steady */
  #disturbOther(steady) {
    const number = Math.floor(this.#upTo(this.#brokers.length));
    const broker = this.#brokers[number];
    if (broker === undefined || broker === steady) return;
    this.#disturbBroker(broker, number);
  }

  /**
   * @param {Broker} broker
   * @param {number} number
   */
  #disturbBroker(broker, number) {
    const choice = this.#random();
    const instance = this.#instances[Math.floor(this.#upTo(this.#alone))];
    const gateway = this.#gateways[Math.floor(this.#upTo(GATEWAYS))];
    if (choice < 0.25) this.#outage(broker, this.#upTo(12_000));
    else if (choice < 0.35) this.#outage(broker, 0);
    else if (choice < 0.55) broker.hang(this.#upTo(20_000));
    else if (choice < 0.75) broker.replay();
    else if (choice < 0.9) instance?.loseLink(instance.links[number], this.#upTo(8000));
    else gateway?.links[number]?.lose(this.#upTo(8000));
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
    this.#world.after(this.#upTo(every), () => {
      if (!this.#isChaos) return;
      act();
      this.#schedule(every, act);
    });
  }

  #disturb() {
    const number = Math.floor(this.#upTo(this.#brokers.length));
    const broker = this.#brokers[number];
    if (broker !== undefined && this.#random() < (this.#brokers.length > 1 ? 0.2 : 0.02)) {
      this.#disturbBroker(broker, number);
      return;
    }
    if (this.#random() < 0.25) {
      this.#shared[Math.floor(this.#upTo(this.#shared.length))]?.();
      return;
    }
    const instance = this.#instances[Math.floor(this.#upTo(this.#alone))];
    const gateway = this.#gateways[Math.floor(this.#upTo(GATEWAYS))];
    if (instance === undefined || gateway === undefined || broker === undefined) return;
    const choice = this.#random();
    if (choice < 0.15) instance.crash();
    else if (choice < 0.35) instance.leave();
    else if (choice < 0.6) instance.start();
    else if (choice < 0.7) instance.update();
    else if (choice < 0.75) instance.loseLink(instance.links[number], this.#upTo(8000));
    else if (choice < 0.78) instance.busyUntil = this.#world.now + this.#upTo(8000);
    else if (choice < 0.79) this.#exhaustedUntil = this.#world.now + this.#upTo(5000);
    else if (choice < 0.85) gateway.forget();
    else if (choice < 0.95) gateway.links[number]?.lose(this.#upTo(8000));
    else this.#outage(broker, this.#upTo(8000));
  }

  /**
   * @param {Broker} broker
   * @param {number} milliseconds
   */
  #outage(broker, milliseconds) {
    broker.goDown();
    this.#world.after(milliseconds, () => broker.comeUp());
  }

  /**
   * @param {import('./instance.js').Kind} kind
   * @param {string} prefix
   * @param {number} port
   */
  #instance(kind, prefix, port) {
    const id = `i${port}${prefix === '/s' ? '' : prefix.slice(1)}`;
    return new Instance(id, kind, prefix, port, this.#world, this.#brokers, this.#random);
  }

  /** Endpoints that several instances have, one after another or together, and what happens to them. */
  #share() {
    const instances = this.#instances;
    this.#alone = instances.length;
    for (const kind of /** @type {const} */ (['presence', 'lease'])) {
      const port = 2000 + instances.length;
      const [first, next, renamed] = [
        this.#instance(kind, '/s', port),
        this.#instance(kind, '/t', port),
        this.#instance(kind, '/s', port + 1),
      ];
      const pair = [this.#instance(kind, '/s', port + 2), this.#instance(kind, '/t', port + 2)];
      instances.push(first, next, renamed, ...pair);
      this.#shared.push(
        // The process that gets the port, or the container that gets the address, serves another prefix.
        () => this.#handOn(first.isUp ? first : next, first.isUp ? next : first),
        () => renamed.restartRenamed(),
        // Two prefixes of one process.
        () => pair.forEach((each) => (each.isUp ? each.crash() : each.start())),
        () => pair.forEach((each) => each.update()),
      );
    }
    // Two processes with SO_REUSEPORT.
    const port = 2000 + instances.length;
    const siblings = [
      this.#instance('presence', '/s', port),
      new Instance(`i${port}b`, 'presence', '/s', port, this.#world, this.#brokers, this.#random),
    ];
    instances.push(...siblings);
    this.#shared.push(() => {
      const one = siblings[this.#random() < 0.5 ? 0 : 1];
      if (one?.isUp) one.crash();
      else one?.start();
    });
  }

  /**
   * Another instance takes the endpoint of one that is killed, at once or later.
   * @param {Instance} from
   * @param {Instance} to
   */
  #handOn(from, to) {
    from.crash();
    const wait = this.#random() < 0.5 ? 0 : this.#upTo(3000);
    this.#world.after(wait, () => {
      if (!from.isUp) to.start();
    });
  }

  /** How the gateways' tables differ from the truth. No gateway may have received a legacy instance. */
  #faults() {
    const [gateways, instances] = [this.#gateways, this.#instances];
    const faults = [];
    for (const { name, observer } of gateways) {
      const routed = ['/s', '/t'].flatMap((prefix) =>
        observer.table.routable(prefix).map((each) => `${prefix} ${each.announcement.port}`),
      );
      const routable = new Set(routed);
      const up = instances.filter((each) => each.isUp);
      const serving = new Set(up.map(({ prefix, port }) => `${prefix} ${port}`));
      if (routable.size < routed.length) faults.push(`${name} has an endpoint twice`);
      for (const endpoint of routable)
        if (!serving.has(endpoint)) faults.push(`${name} routes to ${endpoint}, which is gone`);
      for (const { prefix, port, id, kind, isUp, owner } of instances) {
        if (isUp && kind !== 'legacy' && !routable.has(`${prefix} ${port}`))
          faults.push(`${name} does not route to ${id} (${kind})`);
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
