// A service in the simulation. The Owner of packages/protocol decides what it announces, as in production. A legacy
// service announces only where it listens.
import { Owner, presenceUserId } from '@rollcall/protocol';

export const TTL_SECONDS = 9;
/** As in packages/client/src/registrar/presence-mode.ts. */
const REANNOUNCE_MS = 1000;
const REPEATS_MS = [5000, 25_000];

/** @typedef {'presence' | 'lease' | 'legacy'} Kind */

export class Instance {
  isUp = false;
  /** Until then it answers no probe, because its only thread is busy. */
  busyUntil = 0;
  /** @type {Owner | undefined} */
  owner;
  #channel;
  #random;
  /** Counts starts, so that the timers of an earlier run do nothing. */
  #run = 0;
  #lastInc = 0;
  #names = 0;
  /** @type {{ id: string, userId: string } | undefined} how it joined its presence channel */
  #user;
  #isLinked = false;

  /**
   * @param {string} id
   * @param {Kind} kind
   * @param {string} prefix
   * @param {number} port
   * @param {import('./channel.js').Channel} channel
   * @param {() => number} random
   */
  constructor(id, kind, prefix, port, channel, random) {
    this.id = id;
    this.prefix = prefix;
    this.kind = kind;
    this.port = port;
    this.#channel = channel;
    this.#random = random;
  }

  start() {
    if (this.isUp) return;
    this.isUp = true;
    const run = ++this.#run;
    this.owner = this.#newOwner();
    if (this.kind === 'presence') this.#connect(run);
    this.#say();
    if (this.kind === 'lease') this.#renew(run);
  }

  /** Kills its process. The kernel closes its connection. */
  crash() {
    if (!this.isUp) return;
    this.isUp = false;
    this.#run++;
    this.#disconnect();
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
    this.#channel.publish('registry', 'exit', this.#announcement());
    this.crash();
  }

  update() {
    if (!this.isUp || this.owner === undefined) return;
    this.owner.update({ weight: 1 + Math.floor(this.#random() * 100) });
    const run = this.#run;
    for (const wait of this.kind === 'presence' ? [0, ...REPEATS_MS] : [0])
      this.#channel.after(wait, () => run === this.#run && this.#say());
  }

  /**
   * Cuts its connection to the channel for a while. What it publishes is lost.
   * @param {number} milliseconds
   */
  loseLink(milliseconds) {
    if (!this.isUp || this.kind !== 'presence') return;
    const run = this.#run;
    this.#disconnect();
    this.#channel.after(milliseconds, () => this.#connect(run));
  }

  /** The channel is available again after an outage. */
  reconnect() {
    if (this.isUp && this.kind === 'presence') this.#connect(this.#run);
  }

  /** The channel is unavailable, and every connection is lost. */
  drop() {
    this.#isLinked = false;
  }

  /**
   * Receives an event of the owners' channel, or of its own presence channel.
   * @param {string} event
   * @param {any} data
   */
  receive(event, data) {
    const { owner } = this;
    if (!this.#isLinked || owner === undefined) return;
    const run = this.#run;
    if (event === 'rollcall') {
      const wait = owner.answerAfter(data, this.#random());
      if (wait !== undefined) this.#channel.after(wait, () => run === this.#run && this.#say());
    }
    if (event === 'table') for (const announcement of data.up) this.#hear(run, announcement, false);
    if (event === 'table')
      for (const announcement of data.left) this.#hear(run, announcement, true);
  }

  /**
   * @param {number} run
   * @param {any} announcement
   * @param {boolean} left
   */
  #hear(run, announcement, left) {
    const at = this.owner?.received({ announcement, left }, this.#channel.now);
    if (at === undefined) return;
    this.#channel.after(at - this.#channel.now, () => {
      if (run !== this.#run || this.owner?.outbid(this.#channel.now) === undefined) return;
      this.#disconnect();
      this.#connect(run);
      this.#say();
    });
  }

  #newOwner() {
    if (this.kind === 'legacy') return undefined;
    // Its clock is off by up to 30 s, differently at each start. An owner that receives events is corrected. One that
    // does not has to remember its last run.
    const clock = Math.floor(1e12 + this.#channel.now + (this.#random() - 0.5) * 60_000);
    const inc = this.kind === 'lease' ? Math.max(clock, this.#lastInc + 1) : clock;
    this.#lastInc = inc;
    const place = { prefix: this.prefix, address: '10.0.0.1', port: this.port };
    const ttl = this.kind === 'lease' ? { ttl: TTL_SECONDS } : {};
    return new Owner({ ...place, id: this.id, inc, seq: 0, ...ttl });
  }

  #announcement() {
    return (
      this.owner?.announcement ?? { prefix: this.prefix, address: '10.0.0.1', port: this.port }
    );
  }

  #say() {
    if (this.isUp) this.#channel.publish('registry', 'register', this.#announcement());
  }

  /** @param {number} run */
  #renew(run) {
    this.#channel.after((TTL_SECONDS * 1000) / 3, () => {
      if (run !== this.#run) return;
      this.#say();
      this.#renew(run);
    });
  }

  /** @param {number} run */
  #connect(run) {
    if (run !== this.#run || this.#isLinked || !this.#channel.isUp || this.owner === undefined)
      return;
    this.#isLinked = true;
    const { announcement } = this.owner;
    this.#user = { id: this.id, userId: presenceUserId(announcement) };
    this.#channel.join(this.id, this.#user.userId, announcement);
    this.#channel.after(this.#random() * REANNOUNCE_MS, () => run === this.#run && this.#say());
  }

  #disconnect() {
    if (!this.#isLinked) return;
    this.#isLinked = false;
    if (this.#user !== undefined) this.#channel.part(this.#user.id, this.#user.userId);
  }
}
