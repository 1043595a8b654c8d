// A service in the simulation. The Owner of packages/protocol decides what it announces, as in production, at every broker. A
// legacy service announces only where it listens.
import { Owner } from '@rollcall/protocol';
import { OwnerLink } from './owner-link.js';

export const TTL_SECONDS = 9;
/** As in packages/client/src/registrar/presence-mode.ts. */
const REPEATS_MS = [5000, 25_000];

/** @typedef {'presence' | 'lease' | 'legacy'} Kind */

export class Instance {
  isUp = false;
  /** Until then it answers no probe, because its only thread is busy. */
  busyUntil = 0;
  /** @type {Owner | undefined} */
  owner;
  links;
  #world;
  #random;
  /** Counts starts, so that the timers of an earlier run do nothing. */
  #run = 0;
  #lastInc = 0;
  #names = 0;

  /**
   * @param {string} id
   * @param {Kind} kind
   * @param {string} prefix
   * @param {number} port
   * @param {import('./world.js').World} world
   * @param {readonly import('./broker.js').Broker[]} brokers
   * @param {() => number} random
   */
  constructor(id, kind, prefix, port, world, brokers, random) {
    this.id = id;
    this.prefix = prefix;
    this.kind = kind;
    this.port = port;
    this.#world = world;
    this.#random = random;
    this.links = brokers.map((broker) => new OwnerLink(this, broker, random));
  }

  start() {
    if (this.isUp) return;
    this.isUp = true;
    this.#run++;
    this.owner = this.#newOwner();
    if (this.kind === 'presence') for (const link of this.links) link.connect();
    this.#say();
    if (this.kind === 'lease') this.#renew();
  }

  /** Kills its process. The kernel closes its connections. */
  crash() {
    if (!this.isUp) return;
    this.isUp = false;
    this.#run++;
    for (const link of this.links) link.disconnect();
  }

  /** Starts again at once, at the same endpoint, as a run that no observer knows. */
  restartRenamed() {
    this.crash();
    this.id = `${this.id.replace(/-.*/, '')}-${++this.#names}`;
    this.#lastInc = 0;
    this.start();
  }

  leave() {
    if (!this.isUp) return;
    for (const link of this.links) link.publish('exit');
    this.crash();
  }

  update() {
    if (!this.isUp || this.owner === undefined) return;
    this.owner.update({ weight: 1 + Math.floor(this.#random() * 100) });
    for (const wait of this.kind === 'presence' ? [0, ...REPEATS_MS] : [0])
      this.after(wait, () => this.#say());
  }

  /**
   * Cuts its connection to a broker for a while.
   * @param {OwnerLink | undefined} link
   * @param {number} milliseconds
   */
  loseLink(link, milliseconds) {
    if (!this.isUp || this.kind !== 'presence' || link === undefined) return;
    link.disconnect();
    this.after(milliseconds, () => link.connect());
  }

  /**
   * Acts later, unless it has ended or was started again meanwhile.
   * @param {number} milliseconds
   * @param {() => void} act
   */
  after(milliseconds, act) {
    const run = this.#run;
    this.#world.after(milliseconds, () => {
      if (run === this.#run) act();
    });
  }

  /**
   * Another program holds this of it.
   * @param {import('@rollcall/protocol').Statement} statement
   */
  hear(statement) {
    const { now } = this.#world;
    const at = this.owner?.received(statement, now);
    if (at === undefined) return;
    this.after(at - now, () => {
      if (this.owner?.outbid(this.#world.now) === undefined) return;
      for (const link of this.links) {
        link.disconnect();
        link.connect();
      }
      this.#say();
    });
  }

  /** @returns {import('@rollcall/protocol').Announcement} */
  announcement() {
    return (
      this.owner?.announcement ?? { prefix: this.prefix, address: '10.0.0.1', port: this.port }
    );
  }

  #newOwner() {
    if (this.kind === 'legacy') return undefined;
    // Its clock is off by up to 30 s, differently at each start. An owner that receives events is corrected. One that
    // does not has to remember its last run.
    const clock = Math.floor(1e12 + this.#world.now + (this.#random() - 0.5) * 60_000);
    const inc = this.kind === 'lease' ? Math.max(clock, this.#lastInc + 1) : clock;
    this.#lastInc = inc;
    const place = { prefix: this.prefix, address: '10.0.0.1', port: this.port };
    const ttl = this.kind === 'lease' ? { ttl: TTL_SECONDS } : {};
    return new Owner({ ...place, id: this.id, inc, seq: 0, ...ttl });
  }

  #say() {
    for (const link of this.links) link.say();
  }

  #renew() {
    this.after((TTL_SECONDS * 1000) / 3, () => {
      this.#say();
      this.#renew();
    });
  }
}
