import { describe, expect, it } from 'vitest';
import { RULES, SharedOrders } from '../../../src/certificates/sharing/shared-orders.ts';
import type { Effect, Held } from '../../../src/certificates/sharing/shared-orders.ts';
import type { Letter, Message } from '../../../src/certificates/sharing/messages.ts';

const NAME = 'api.example.com';
const STEP_MS = 250;
const START = 1_800_000_000_000;

/** A gateway of the simulation. It orders as long as it has no certificate and none is on its way. */
class Gateway {
  readonly orders: SharedOrders;
  readonly name: string;
  held: Held | undefined;
  ordered = 0;
  failures = 0;
  nextOrderAt = 0;
  isDead = false;
  answers = 0;
  #number = 0;
  #orderedAt: number | undefined;
  readonly #network: Network;

  constructor(name: string, network: Network) {
    this.name = name;
    this.#network = network;
    this.orders = new SharedOrders(name, () => network.random());
    this.orders.want([NAME]);
  }

  run(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'send') this.#send(effect.message);
      if (effect.type === 'certificate') this.#take(effect.certificate);
      if (effect.type === 'failed') {
        this.failures = effect.failures;
        this.nextOrderAt = effect.until;
      }
      if (effect.type === 'challenges')
        for (const { name } of this.orders.challenges()) {
          this.answers++;
          this.run(this.orders.answering(name));
        }
    }
  }

  /** @param orderMs how long the certificate authority takes */
  step(now: number, orderMs: number, isRefused: boolean): void {
    this.run(this.orders.tick(now));
    if (this.#orderedAt !== undefined) {
      if (now < this.#orderedAt + orderMs) return;
      this.#orderedAt = undefined;
      this.ordered++;
      if (isRefused) {
        this.nextOrderAt = now + 120_000;
        this.run(this.orders.failed(NAME, ++this.failures, this.nextOrderAt, now));
      } else {
        const version = now + this.#network.random();
        const held = { cert: `by ${this.name} ${version}`, key: 'key', version };
        this.held = held;
        this.run(this.orders.ordered(NAME, held));
      }
      return;
    }
    if (this.held !== undefined || now < this.nextOrderAt || !this.orders.isIntroduced(now)) return;
    this.run(this.orders.claim(NAME, now));
    if (this.orders.standing(NAME, now) !== 'mine') return;
    this.#orderedAt = now;
    this.run(this.orders.present({ type: 'http-01', name: NAME, token: 't', answer: this.name }));
  }

  #send(message: Message): void {
    this.#network.send({ from: this.name, number: ++this.#number, at: this.#network.now, message });
  }

  #take({ cert, key }: { cert: string; key: string }): void {
    const version = Number(cert.split(' ')[2]);
    if (version <= (this.held?.version ?? 0)) return;
    this.held = { cert, key, version };
    this.orders.hold(NAME, this.held);
  }
}

interface Faults {
  /** The part of the deliveries that are lost, and that are repeated later. */
  readonly loss?: number;
  readonly repetition?: number;
  readonly orderMs?: number;
  /** Whether orders fail at this time. */
  readonly isRefused?: (now: number) => boolean;
}

/** Gateways on a channel that loses, delays and repeats messages. */
class Network {
  now = START;
  readonly gateways: Gateway[] = [];
  readonly sent: Letter[] = [];
  readonly #faults: Required<Faults>;
  #deliveries: { readonly at: number; readonly to: Gateway; readonly letter: Letter }[] = [];
  #seed: number;

  constructor(seed: number, faults: Faults = {}) {
    this.#seed = seed;
    this.#faults = { loss: 0, repetition: 0, orderMs: 10_000, isRefused: () => false, ...faults };
  }

  add(name: string): Gateway {
    const gateway = new Gateway(name, this);
    this.gateways.push(gateway);
    gateway.run(gateway.orders.connected(this.now));
    return gateway;
  }

  /** From 0 to 1: mulberry32. */
  random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  send(letter: Letter): void {
    this.sent.push(letter);
    for (const to of this.gateways) {
      if (to.name === letter.from || this.random() < this.#faults.loss) continue;
      this.#deliveries.push({ at: this.now + this.random() * 300, to, letter });
      if (this.random() < this.#faults.repetition)
        this.#deliveries.push({ at: this.now + this.random() * 600_000, to, letter });
    }
  }

  run(ms: number): void {
    const { orderMs, isRefused } = this.#faults;
    for (const end = this.now + ms; this.now < end; this.now += STEP_MS) {
      const due = this.#deliveries.filter(({ at }) => at <= this.now);
      this.#deliveries = this.#deliveries.filter(({ at }) => at > this.now);
      for (const { to, letter } of due) if (!to.isDead) to.run(to.orders.receive(letter, this.now));
      for (const each of this.gateways)
        if (!each.isDead) each.step(this.now, orderMs, isRefused(this.now));
    }
  }

  get ordered(): number {
    return this.gateways.reduce((sum, { ordered }) => sum + ordered, 0);
  }

  /** Which certificates the living gateways hold. */
  get held(): ReadonlySet<string | undefined> {
    return new Set(this.gateways.filter(({ isDead }) => !isDead).map(({ held }) => held?.cert));
  }
}

const letter = (number: number, at: number, from = 'b'): Letter => ({
  from,
  number,
  at,
  message: { type: 'certificate', name: NAME, cert: 'x', key: 'y' },
});

const SEEDS = Array.from({ length: 50 }, (_, index) => index + 1);

describe('gateways that share their orders', () => {
  it.each(SEEDS)('order one certificate and not three: seed %i', (seed) => {
    const network = new Network(seed);
    for (const name of ['a', 'b', 'c']) network.add(name);
    network.run(60_000);
    expect(network.ordered).toBe(1);
    expect(network.held.size).toBe(1);
    expect([...network.held][0]).toMatch(/^by /);
    // Both others answered the challenge.
    expect(network.gateways.filter(({ answers }) => answers > 0)).toHaveLength(2);
  });

  it.each(SEEDS)('replace one that ends while it orders: seed %i', (seed) => {
    const network = new Network(seed, { orderMs: 30_000 });
    for (const name of ['a', 'b', 'c']) network.add(name);
    network.run(15_000);
    const orderer = network.gateways.find(
      ({ orders }) => orders.standing(NAME, network.now) === 'mine',
    );
    expect(orderer).toBeDefined();
    if (orderer !== undefined) orderer.isDead = true;
    network.run(RULES.claimMs + 60_000);
    expect(network.ordered).toBe(1);
    expect(network.held.size).toBe(1);
    expect([...network.held][0]).toMatch(/^by /);
    expect([...network.held][0]).not.toContain(`by ${orderer?.name} `);
  });

  it.each(SEEDS)(
    'end with one certificate though messages are lost and repeated: seed %i',
    (seed) => {
      const network = new Network(seed, { loss: 0.3, repetition: 0.3 });
      for (const name of ['a', 'b', 'c']) network.add(name);
      network.run(1_200_000);
      expect(network.held.size).toBe(1);
      expect([...network.held][0]).toBeDefined();
    },
  );

  it('send the certificate to one that starts later, which orders none', () => {
    const network = new Network(1);
    for (const name of ['a', 'b']) network.add(name);
    network.run(60_000);
    const late = network.add('c');
    network.run(10_000);
    expect(late.held?.cert).toBe(network.gateways[0]?.held?.cert);
    expect(network.ordered).toBe(1);
  });

  it('wait together after a failure, and go on counting', () => {
    const until = START + 60_000;
    const network = new Network(2, { isRefused: (now) => now < until });
    for (const name of ['a', 'b', 'c']) network.add(name);
    network.run(100_000);
    expect(network.ordered).toBe(1);
    expect(network.gateways.map(({ failures }) => failures)).toEqual([1, 1, 1]);
    network.run(120_000);
    expect(network.ordered).toBe(2);
    expect(network.held.size).toBe(1);
  });

  it('ignore letters that are repeated, old, or from themselves', () => {
    const network = new Network(3);
    const one = network.add('a');
    const taken = (each: Letter): number => one.orders.receive(each, START).length;
    expect(taken(letter(2, START))).toBe(1);
    expect(taken(letter(2, START))).toBe(0);
    expect(taken(letter(1, START))).toBe(0);
    expect(taken(letter(3, START - 600_000))).toBe(0);
    expect(taken(letter(4, START, 'a'))).toBe(0);
    expect(taken(letter(3, START))).toBe(1);
  });

  it('order nothing before others could have sent what they hold, or without a connection', () => {
    const orders = new SharedOrders('a', Math.random);
    expect(orders.isIntroduced(START)).toBe(false);
    orders.connected(START);
    expect(orders.isIntroduced(START + RULES.introductionMs - 1)).toBe(false);
    expect(orders.isIntroduced(START + RULES.introductionMs)).toBe(true);
    orders.disconnected();
    expect(orders.isIntroduced(START + 100_000)).toBe(false);
  });
});
