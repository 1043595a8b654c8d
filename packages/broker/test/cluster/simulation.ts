import { Broadcast, BEAT_MS } from '../../src/cluster/broadcast/broadcast.ts';
import { Parts } from '../../src/cluster/presence/parts.ts';
import type { PartPayload } from '../../src/cluster/presence/parts.ts';

/** A seeded source of numbers in [0, 1): mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const STATE = 'state';
const EVENTS = 'events';
const SUBJECTS = [STATE, EVENTS];
const MEMBERS = ['ann', 'bob', 'cem', 'dan', 'eve'];

/** Few, so that parts come in pieces. */
const MAX_ENTRIES = 2;

/** How long faults go on, and how long the cluster has afterwards. */
const FAULTS_MS = 40_000;
const CALM_MS = 5_000;
/** How long it has for the clients of a node that has closed: they may come back for 10 s. */
const LEFT_MS = 11_000;
const STEP_MS = 50;

interface Message {
  readonly at: number;
  readonly subject: string;
  readonly text: string;
}

/** One node: the pure parts of a broker in a cluster, and the truth about its own clients. */
class Node {
  readonly id: string;
  readonly broadcast: Broadcast;
  readonly parts: Parts;
  readonly members = new Set<string>();
  /** Members of the others, as `NODE KEY`. */
  readonly seen = new Set<string>();
  /** Events of each other node, in the order in which they came. */
  readonly events = new Map<string, number[]>();
  /** What each other node had published when this one began to listen to events. */
  readonly before = new Map<string, number>();
  isListening = true;
  /** What it has published, and was accepted. */
  published = 0;
  inbox: Message[] = [];
  isHung = false;
  isLinked = true;
  /** Until when it is not to be judged by what it announced as gone: it was cut off or stopped. */
  disturbedUntil = 0;
  nextBeat: number;

  constructor(id: string, world: Simulation) {
    this.id = id;
    this.nextBeat = world.now;
    const effects = {
      send: (payload: PartPayload) => void world.say(this, STATE, payload),
      changed: (node: string, key: string, value: string | number | null) => {
        if (value === null) {
          this.seen.delete(`${node} ${key}`);
          world.sawGone(this, node, key);
        } else this.seen.add(`${node} ${key}`);
      },
      left: () => {},
    };
    this.parts = new Parts(id, effects, MAX_ENTRIES);
    this.broadcast = new Broadcast({
      node: id,
      clock: () => world.now,
      maxKept: world.maxKept,
      effects: {
        publish: (subject, message) => world.publish(this, subject, message),
        deliver: (node, subject, payload) => {
          if (subject === STATE) return this.parts.receive(node, payload);
          world.sawEvent(this, node, payload as number);
          this.events.set(node, [...(this.events.get(node) ?? []), payload as number]);
        },
        lost: (node, subject, count) => {
          if (subject === STATE) return this.parts.lost(node);
          world.sawLost(this, node, count);
        },
        joined: (node) => this.parts.joined(node),
        absent: (node, subject) => {
          if (subject === STATE) this.parts.absent(node);
        },
        left: () => {},
        gone: (node) => this.parts.gone(node),
      },
    });
    for (const subject of SUBJECTS) this.broadcast.listened(subject);
  }

  receive({ subject, text }: Message): void {
    if (this.broadcast.receive(subject, text) === 'own-beat') this.parts.beat();
    if (this.parts.hasNews) this.parts.flush();
  }
}

/** A cluster of nodes and an engine that loses, repeats and delays messages, in virtual time. */
export class Simulation {
  now = 0;
  readonly violations: string[] = [];
  /** What nodes keep for others. Too little, so that parts are asked for as a whole, in some runs. */
  readonly maxKept: number;
  readonly #random: () => number;
  readonly #nodes = new Map<string, Node>();
  readonly #lossRate: number;
  readonly #repeatRate: number;
  readonly #maxDelay: number;
  #isEngineUp = true;
  #created = 0;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
    this.#lossRate = this.#random() < 0.5 ? 0 : this.#random() * 0.1;
    this.#repeatRate = this.#random() < 0.5 ? 0 : 0.1;
    this.#maxDelay = this.#random() < 0.5 ? 1 : 40;
    this.maxKept = this.#random() < 0.3 ? 500 : 1_000_000;
    for (let index = 0; index < 3; index++) this.#start();
  }

  run(): readonly string[] {
    for (; this.now < FAULTS_MS + LEFT_MS; this.now += STEP_MS) {
      if (this.now < FAULTS_MS) this.#disturb();
      else if (this.now === FAULTS_MS) this.#heal();
      else if (this.now === FAULTS_MS + CALM_MS) this.#check(this.#left);
      for (const node of this.#nodes.values()) this.#step(node);
    }
    this.#check(new Set());
    return this.violations;
  }

  /** A node says something to a subject. */
  say(node: Node, subject: string, payload: PartPayload | number): boolean {
    const batch = node.broadcast.compose(subject, [JSON.stringify(payload)]);
    const isAccepted = this.publish(node, subject, batch.message);
    if (!isAccepted && subject === EVENTS) node.broadcast.withdraw(batch);
    return isAccepted;
  }

  publish(node: Node, subject: string, text: string): boolean {
    if (!node.isLinked || !this.#isEngineUp) return false;
    for (const receiver of this.#nodes.values()) {
      if (!receiver.isLinked || (subject === EVENTS && !receiver.isListening)) continue;
      const isFaulty = this.now < FAULTS_MS;
      if (isFaulty && this.#random() < this.#lossRate && receiver !== node) continue;
      const copies = isFaulty && this.#random() < this.#repeatRate ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        // Messages to one subject keep their order, those to different subjects do not.
        const last = receiver.inbox.findLast((each) => each.subject === subject)?.at ?? 0;
        const at = Math.max(last, this.now + this.#random() * this.#maxDelay);
        receiver.inbox.push({ at, subject, text });
      }
    }
    return true;
  }

  /** A node announced a member as gone. It must not be there, unless one of the two was cut off. */
  sawGone(observer: Node, id: string, key: string): void {
    const node = this.#nodes.get(id);
    if (node === undefined || !node.members.has(key)) return;
    const isDisturbed = Math.max(observer.disturbedUntil, node.disturbedUntil) > this.now;
    // It may have left and come back while messages were on their way.
    const leftLately = this.#lastChange.get(`${id} ${key}`) ?? Number.NEGATIVE_INFINITY;
    if (!isDisturbed && this.now - leftLately > 8_000) {
      this.violations.push(`${this.now}: ${observer.id} announced ${key} of ${id} as gone`);
    }
  }

  /** An event from before a node listened is not for its clients. */
  sawEvent(observer: Node, id: string, event: number): void {
    if (event > (observer.before.get(id) ?? 0)) return;
    this.violations.push(`${this.now}: ${observer.id} heard the old event ${event} of ${id}`);
  }

  sawLost(observer: Node, id: string, count: number): void {
    if (this.maxKept < 1_000_000) return;
    this.violations.push(`${this.now}: ${observer.id} lost ${count} events of ${id}`);
  }

  readonly #lastChange = new Map<string, number>();
  /** Nodes that have closed in order. */
  readonly #left = new Set<string>();

  #start(): void {
    this.#created += 1;
    const node = new Node(this.#created.toString(16).padStart(16, '0'), this);
    this.#nodes.set(node.id, node);
    node.broadcast.beat();
  }

  #step(node: Node): void {
    if (node.isHung) return;
    const due = node.inbox.filter(({ at }) => at <= this.now);
    node.inbox = node.inbox.filter(({ at }) => at > this.now);
    for (const message of due.toSorted((one, other) => one.at - other.at)) node.receive(message);
    if (this.now >= node.nextBeat) {
      node.nextBeat = this.now + BEAT_MS;
      node.broadcast.beat();
    }
    if (this.now < FAULTS_MS) this.#act(node);
  }

  /** What clients do. */
  #act(node: Node): void {
    if (this.#random() < 0.05) {
      const member = this.#pick(MEMBERS);
      const isThere = node.members.has(member);
      if (isThere) node.members.delete(member);
      else node.members.add(member);
      this.#lastChange.set(`${node.id} ${member}`, this.now);
      node.parts.set(member, isThere ? null : 'info');
      node.parts.flush();
    }
    if (this.#random() < 0.005 && node.isLinked && this.#isEngineUp) this.#toggleEvents(node);
    if (this.#random() < 0.1 && this.say(node, EVENTS, node.published + 1)) node.published += 1;
  }

  /** The last client that wants events leaves a node, or the first comes. */
  #toggleEvents(node: Node): void {
    node.isListening = !node.isListening;
    node.events.clear();
    if (node.isListening) {
      for (const { id, published } of this.#nodes.values()) node.before.set(id, published);
      node.broadcast.listened(EVENTS);
      node.broadcast.locate([EVENTS]);
    } else {
      node.inbox = node.inbox.filter(({ subject }) => subject !== EVENTS);
      node.broadcast.unlistened(EVENTS);
    }
  }

  #disturb(): void {
    const node = this.#pick([...this.#nodes.values()]);
    const chance = this.#random();
    if (chance < 0.004) this.#setLink(node, !node.isLinked);
    else if (chance < 0.008) this.#setHung(node, !node.isHung);
    else if (chance < 0.01 && this.#nodes.size > 2) this.#end(node);
    else if (chance < 0.012 && this.#nodes.size < 5) this.#start();
    else if (chance < 0.014) this.#setEngine(!this.#isEngineUp);
  }

  /** A node is killed, or closes in order. */
  #end(node: Node): void {
    if (this.#random() < 0.5) {
      node.broadcast.leave();
      this.#left.add(node.id);
    }
    this.#nodes.delete(node.id);
  }

  #setLink(node: Node, isLinked: boolean): void {
    node.isLinked = isLinked;
    if (!isLinked) node.inbox = [];
    node.disturbedUntil = isLinked ? this.now + 10_000 : Number.POSITIVE_INFINITY;
    if (isLinked) node.broadcast.beat();
  }

  #setHung(node: Node, isHung: boolean): void {
    node.isHung = isHung;
    node.disturbedUntil = isHung ? Number.POSITIVE_INFINITY : this.now + 10_000;
  }

  #setEngine(isUp: boolean): void {
    this.#isEngineUp = isUp;
    for (const node of this.#nodes.values()) {
      node.disturbedUntil = isUp ? this.now + 10_000 : Number.POSITIVE_INFINITY;
      if (!isUp) node.inbox = [];
      else if (node.isLinked && !node.isHung) node.broadcast.beat();
    }
  }

  #heal(): void {
    if (!this.#isEngineUp) this.#setEngine(true);
    for (const node of this.#nodes.values()) {
      if (node.isHung) this.#setHung(node, false);
      if (!node.isLinked) this.#setLink(node, true);
      if (!node.isListening) this.#toggleEvents(node);
    }
  }

  /** @param excused - nodes whose clients may still be taken for there */
  #check(excused: ReadonlySet<string>): void {
    const nodes = [...this.#nodes.values()];
    for (const node of nodes) {
      const truth = nodes
        .filter((other) => other !== node)
        .flatMap(({ id, members }) => [...members].map((member) => `${id} ${member}`));
      const seen = [...node.seen].filter((entry) => !excused.has(entry.slice(0, 16)));
      const [is, ought] = [seen.toSorted().join(), truth.toSorted().join()];
      if (is !== ought) this.violations.push(`${node.id} sees ${is} in place of ${ought}`);
      for (const other of nodes) if (other !== node) this.#checkEvents(node, other);
    }
  }

  /** Events come in order and once, and none of a node that lives is missing. */
  #checkEvents(node: Node, other: Node): void {
    const events = node.events.get(other.id) ?? [];
    const isOrdered = events.every((event, index) => event > (events[index - 1] ?? 0));
    if (!isOrdered) this.violations.push(`${node.id} heard ${events.join()} of ${other.id}`);
    const first = events[0];
    if (first === undefined || this.maxKept < 1_000_000) return;
    const missing = other.published - first + 1 - events.length;
    if (missing > 0) this.violations.push(`${node.id} lacks ${missing} of ${other.id}`);
  }

  #pick<T>(of: readonly T[]): T {
    const picked = of[Math.floor(this.#random() * of.length)];
    if (picked === undefined) throw new Error('nothing to pick');
    return picked;
  }
}
