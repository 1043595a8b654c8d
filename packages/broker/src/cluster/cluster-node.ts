import { randomBytes } from 'node:crypto';
import { limitLines, shareOfHeap } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import { BEAT_MS, Broadcast, CONTROL_SUBJECT } from './broadcast/broadcast.ts';
import type { Bus, BusHandlers } from './bus/bus.ts';
import { busUnavailable } from './bus/unavailable.ts';
import { LinkHistory } from './link-history.ts';
import type { LinkState } from './link-history.ts';
import { NodeReports } from './node-reports.ts';
import { nodeStates } from './node-states.ts';
import { Outbox } from './outbox.ts';
import { PendingListens } from './pending-listens.ts';

/** Beats of its own that a node does not hear any more before it takes its link for lost: an engine may hang. */
const MAX_UNHEARD_BEATS = 4;

/** The subject by which nodes ask what others report of themselves. Every node listens to it. */
const REPORTS_SUBJECT = 'reports';

/** In characters. No broker publishes more. */
const MAX_MESSAGE = 2 ** 20;

export interface ClusterNodeOptions {
  /** Opens the link to the engine. It goes on trying to connect until it is closed. */
  readonly openBus: (handlers: BusHandlers) => Bus;
  /** What subjects begin with, so that several clusters can share an engine. */
  readonly prefix: string;
  readonly logger: Logger;
  /** Milliseconds of a clock that never goes back. */
  readonly clock?: () => number;
  /** How often the node says that it lives. Default: 500 ms. */
  readonly beatMs?: number;
}

/** What one app does with what the other nodes say. */
export interface ClusterMember {
  /** Another node has said this to a subject that the app listens to. */
  receive(node: string, subject: string, payload: unknown): void;
  /** Something that another node has said will never come. */
  lost(node: string, subject: string): void;
  /** Another node does not listen to a subject of the app. */
  absent(node: string, subject: string): void;
  joined(node: string): void;
  /** A node closes: it does nothing more, and its clients go to others. It is gone later. */
  left(node: string): void;
  gone(node: string): void;
  /** The node has heard its own beat, so its link is up. */
  beat(): void;
}

/** One node of a cluster: its link to the engine, its beat, and the streams of what it says and hears, for all apps of a broker. */
export class ClusterNode {
  /** Unique to this start of the process. */
  readonly id: string = randomBytes(8).toString('hex');
  /** What other nodes have said and this one will never hear. */
  lostEvents = 0;
  /** What the nodes say of themselves. */
  readonly reports: NodeReports;
  /** Messages that are not of a broker. */
  ignoredMessages = 0;
  readonly #prefix: string;
  readonly #logger: Logger;
  readonly #clock: () => number;
  readonly #openedAt: number;
  readonly #beatMs: number;
  readonly #links: LinkHistory;
  readonly #bus: Bus;
  readonly #broadcast: Broadcast;
  readonly #members = new Map<string, ClusterMember>();
  readonly #outboxes = new Map<string, Outbox>();
  readonly #closing = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #logUnknown: ReturnType<typeof limitLines>;
  /** Subjects to ask for at the end of the turn. */
  readonly #toLocate = new Set<string>();
  readonly #pendingListens: PendingListens;
  #isUp = false;
  #hasLeft = false;
  #unheardBeats = 0;
  /** Own beats that were heard since the start, and when the last was. */
  #beats = 0;
  #heardAt: number;

  constructor({
    openBus,
    prefix,
    logger,
    clock = () => performance.now(),
    beatMs = BEAT_MS,
  }: ClusterNodeOptions) {
    this.#prefix = `${prefix}.`;
    this.#logger = logger;
    this.#clock = clock;
    this.#openedAt = clock();
    this.#heardAt = this.#openedAt;
    this.#beatMs = beatMs;
    this.#links = new LinkHistory(clock);
    this.#logUnknown = limitLines(logger.warn);
    this.#broadcast = new Broadcast({
      node: this.id,
      clock,
      maxKept: shareOfHeap(),
      effects: {
        publish: (subject, message) => void this.#publish(subject, message).catch(() => {}),
        deliver: (node, subject, payload) =>
          this.#memberOf(subject)?.receive(node, subject, payload),
        lost: (node, subject, count) => this.#lost(node, subject, count),
        absent: (node, subject) => this.#memberOf(subject)?.absent(node, subject),
        joined: (node) => this.#joined(node),
        left: (node) => this.#left(node),
        gone: (node) => this.#gone(node),
      },
    });
    this.#pendingListens = new PendingListens(this.#broadcast);
    this.reports = new NodeReports({
      node: this.id,
      peers: () => this.peers,
      publish: (message) => this.#publish(REPORTS_SUBJECT, message),
    });
    this.#bus = openBus({
      onMessage: (subject, message) => this.#receive(subject.slice(this.#prefix.length), message),
      onLink: (isUp, reason) => this.#onLink(isUp, reason),
    });
    for (const subject of [CONTROL_SUBJECT, REPORTS_SUBJECT])
      void this.#bus.listen(this.#prefix + subject);
    this.#timer = setInterval(() => this.#beat(), beatMs);
  }

  /** Whether the other nodes can be reached, as far as this node can tell. */
  get isConnected(): boolean {
    return this.#isUp && this.#unheardBeats <= MAX_UNHEARD_BEATS;
  }

  /** Why it may not be given clients; undefined if it may. */
  get unreadiness(): string | undefined {
    if (this.#hasLeft) return 'this node is closing';
    return this.isConnected ? undefined : 'this node cannot reach the other nodes';
  }

  /** Since when its link is as it is, and where it leads. */
  get link(): LinkState {
    const { server } = this.#bus;
    return { ...this.#links.state, ...(server !== undefined && { server }) };
  }

  /** Events that wait until the engine accepts them. */
  get waitingEvents(): number {
    let count = 0;
    for (const outbox of this.#outboxes.values()) count += outbox.length;
    return count;
  }

  /** The other nodes. */
  get peers(): readonly string[] {
    return this.#broadcast.peers;
  }

  /** This node, and the others. */
  nodeStates(): ReturnType<typeof nodeStates> {
    return nodeStates({
      id: this.id,
      openedAt: this.#openedAt,
      heardAt: this.#heardAt,
      peers: this.#broadcast.peerStates(),
      now: this.#clock(),
      beatMs: this.#beatMs,
    });
  }

  /** Milliseconds since it was opened. */
  get ageMs(): number {
    return this.#clock() - this.#openedAt;
  }

  /** Whether it has had the time to hear of all other nodes. */
  get hasSettled(): boolean {
    return this.#beats > 1;
  }

  /** Adds an app. Subjects of the app begin with its key and a dot. */
  add(key: string, member: ClusterMember): void {
    this.#members.set(key, member);
    for (const peer of this.peers) member.joined(peer);
  }

  remove(key: string): void {
    this.#members.delete(key);
  }

  /**
   * Listens to a subject. Resolves when nothing that is said to it from now on is missed, or when the link is down.
   */
  listen(subject: string): Promise<void> {
    this.#broadcast.listened(subject);
    const confirmed = this.#bus.listen(this.#prefix + subject);
    if (!this.isConnected) {
      void confirmed.then(() => this.#broadcast.locate([subject]));
      return Promise.resolve();
    }
    return this.#pendingListens.add(subject, confirmed);
  }

  /** Asks the other nodes whether they listen to a subject. Nodes that do not are reported as absent. */
  locate(subject: string): void {
    this.#toLocate.add(subject);
    if (this.#toLocate.size > 1) return;
    // At the end of the turn, so that all that is asked in one turn goes together.
    setImmediate(() => {
      this.#broadcast.locate([...this.#toLocate]);
      this.#toLocate.clear();
    });
  }

  unlisten(subject: string): void {
    this.#broadcast.unlistened(subject);
    this.#bus.unlisten(this.#prefix + subject);
  }

  /**
   * Says something to all nodes that listen to a subject. Resolves when the engine has accepted it: it then reaches all of them
   * once, also those whose link is down at the moment. Calls for one subject are settled in their order, unless the link is down.
   * @throws UnavailableError if the engine does not accept it
   */
  post(subject: string, payload: unknown): Promise<void> {
    if (!this.isConnected) return Promise.reject(busUnavailable());
    return this.#outbox(subject).post(payload);
  }

  /** Says something that is to be heard in the end, also while the link is down. */
  say(subject: string, payload: unknown): void {
    if (this.#hasLeft) return;
    const { message } = this.#broadcast.compose(subject, [JSON.stringify(payload)]);
    void this.#publish(subject, message).catch(() => {});
  }

  /** Says something that is of use now or not at all. */
  note(subject: string, payload: unknown): void {
    this.#broadcast.note(subject, payload);
  }

  /** Says nothing of its own clients from now on: they go to other nodes, which drop what was said of them after 10 s. */
  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#broadcast.leave();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.reports.close();
    this.#pendingListens.end();
    this.#closing.abort();
    await this.#bus.close();
  }

  #outbox(subject: string): Outbox {
    let outbox = this.#outboxes.get(subject);
    if (outbox === undefined) {
      outbox = new Outbox({
        compose: (payloads) => this.#broadcast.compose(subject, payloads),
        publish: ({ message }) => this.#publish(subject, message),
        withdraw: (batch) => this.#broadcast.withdraw(batch),
        isConnected: () => this.isConnected,
        closing: this.#closing.signal,
        clock: this.#clock,
      });
      this.#outboxes.set(subject, outbox);
    }
    return outbox;
  }

  #publish(subject: string, message: string): Promise<void> {
    return this.#bus.publish(this.#prefix + subject, message);
  }

  #memberOf(subject: string): ClusterMember | undefined {
    return this.#members.get(subject.slice(0, subject.indexOf('.')));
  }

  #receive(subject: string, message: string): void {
    if (subject === REPORTS_SUBJECT) return this.reports.receive(message);
    if (message.length > MAX_MESSAGE) return this.#ignore(subject);
    const received = this.#broadcast.receive(subject, message);
    if (received === 'own-beat') {
      this.#unheardBeats = 0;
      this.#beats += 1;
      this.#heardAt = this.#clock();
      this.#links.note(this.isConnected);
      for (const member of this.#members.values()) member.beat();
    } else if (received === 'unknown') {
      this.#ignore(subject);
    } else if (received === 'peer') {
      this.#pendingListens.heard();
    }
  }

  #ignore(subject: string): void {
    this.ignoredMessages += 1;
    this.#logUnknown({ subject }, 'ignored a message of the bus that is not of a broker');
  }

  #beat(): void {
    if (!this.#isUp || this.#hasLeft) return;
    this.#unheardBeats += 1;
    if (!this.isConnected) {
      this.#links.note(false, 'it does not deliver');
      this.#pendingListens.end();
    }
    this.#broadcast.beat();
  }

  #onLink(isUp: boolean, reason: string): void {
    if (isUp) {
      this.#unheardBeats = 0;
      this.#logger.info({ node: this.id }, 'joined the cluster');
    } else {
      this.#logger.warn({ reason }, 'lost the connection to the bus: will reconnect');
    }
    this.#isUp = isUp;
    this.#links.note(this.isConnected, reason);
    if (isUp) this.#broadcast.beat();
    else this.#pendingListens.end();
  }

  #lost(peer: string, subject: string, count: number): void {
    this.lostEvents += count;
    this.#logger.warn({ peer, count }, 'events of another node are lost');
    this.#memberOf(subject)?.lost(peer, subject);
  }

  #joined(node: string): void {
    this.#logger.info({ peer: node }, 'another node is in the cluster');
    for (const member of this.#members.values()) member.joined(node);
  }

  #left(node: string): void {
    this.#logger.info({ peer: node }, 'another node closes');
    for (const member of this.#members.values()) member.left(node);
  }

  #gone(node: string): void {
    this.#logger.warn({ peer: node }, 'another node is gone');
    for (const member of this.#members.values()) member.gone(node);
  }
}
