import { HeardStream } from './heard-stream.ts';
import type { Gap } from './heard-stream.ts';
import { dataStart, encodeMessage, parseMessage, repeatOf } from './messages.ts';
import type {
  AliveMessage,
  AskMessage,
  DataMessage,
  NodeMessage,
  PositionMessage,
} from './messages.ts';
import type { Batch } from './sent-stream.ts';
import { SentStreams } from './sent-streams.ts';

/** The subject of messages about nodes and streams. Every node listens to it. */
export const CONTROL_SUBJECT = 'nodes';

/** How often a node says that it lives. */
export const BEAT_MS = 500;

/** A node that was silent for more beats is gone: after 3.5 s. */
const MAX_SILENT_BEATS = 7;

/** A node that closes in order is gone after more: after 10 s, in which its clients have to come back at others. */
const MAX_LEFT_BEATS = 20;

/** What was heard of a node that is gone is kept for as many beats: if it is back, it goes on where it was. */
const MAX_GONE_BEATS = 120;

/** What a broadcast causes. */
export interface BroadcastEffects {
  /** Publishes a message as well as it can be: what is lost is said again. */
  publish(subject: string, message: string): void;
  /** Another node has said this; in order and once. */
  deliver(node: string, subject: string, payload: unknown): void;
  /** As many payloads of another node will never come. */
  lost(node: string, subject: string, count: number): void;
  /** Another node does not listen to a subject to which this one does. */
  absent(node: string, subject: string): void;
  /** A node was heard for the first time, or after it was gone. */
  joined(node: string): void;
  /** A node closes. It is gone later. */
  left(node: string): void;
  /** Nothing was heard of a node for too long. */
  gone(node: string): void;
}

export interface BroadcastOptions {
  /** The id of this node: 16 hexadecimal digits, never used again. */
  readonly node: string;
  readonly effects: BroadcastEffects;
  /** Milliseconds of a clock that never goes back. */
  readonly clock: () => number;
  /** Of the payloads that are kept for others, in bytes. */
  readonly maxKept: number;
}

/** Another node. */
interface Peer {
  readonly streams: Map<string, HeardStream>;
  /** When it was heard for the first time, or after it was gone. In milliseconds of the clock, as `heardAt`. */
  joinedAt: number;
  heardAt: number;
  /** Own beats that were heard since the peer was. */
  silentBeats: number;
  hasLeft: boolean;
  isGone: boolean;
}

/** Another node as this one knows it. Times are in milliseconds of the clock. */
export interface PeerState {
  readonly node: string;
  /** Since when it is in the cluster. */
  readonly joinedAt: number;
  /** When anything was heard of it last. */
  readonly heardAt: number;
  readonly isGone: boolean;
  /** What it has said and this node has not heard. */
  readonly missing: number;
}

/**
 * Payloads from each node to all others, by an engine that may lose, repeat and reorder messages: each arrives in order and
 * once, or is reported as lost. And who the other nodes are.
 *
 * A node's time is its own beats as it hears them through the engine. While it hears none, because the engine is away or it
 * was itself stopped, it judges no other.
 */
export class Broadcast {
  readonly #node: string;
  /** What data of this node begins with. */
  readonly #ownStart: string;
  readonly #effects: BroadcastEffects;
  readonly #clock: () => number;
  readonly #sent: SentStreams;
  readonly #subjects = new Set<string>();
  readonly #peers = new Map<string, Peer>();

  constructor({ node, effects, clock, maxKept }: BroadcastOptions) {
    this.#node = node;
    this.#ownStart = dataStart(node);
    this.#effects = effects;
    this.#clock = clock;
    this.#sent = new SentStreams(node, clock, maxKept);
  }

  /** The other nodes that live. */
  get peers(): readonly string[] {
    return [...this.#peers]
      .filter(([, { isGone, hasLeft }]) => !isGone && !hasLeft)
      .map(([node]) => node);
  }

  /** The other nodes, also ones that are gone since a minute at most. */
  peerStates(): PeerState[] {
    return Array.from(this.#peers, ([node, { streams, joinedAt, heardAt, isGone }]) => {
      let missing = 0;
      for (const stream of streams.values()) missing += stream.missing;
      return { node, joinedAt, heardAt, isGone, missing };
    });
  }

  /** Gives payloads their numbers, for a message that is published next. @param payloads - each as JSON */
  compose(subject: string, payloads: readonly string[]): Batch {
    return this.#sent.add(subject, payloads);
  }

  /** Takes payloads back that could not be published: nodes that have not heard them will not. */
  withdraw(batch: Batch): void {
    this.#sent.withdraw(batch);
  }

  /** The node takes in what is said to a subject from now on. */
  listened(subject: string): void {
    this.#subjects.add(subject);
  }

  /** Asks the other nodes where they are in subjects to which this node now listens. */
  locate(subjects: readonly string[]): void {
    if (this.#peers.size > 0) this.#publish({ type: 'locate', node: this.#node, subjects });
  }

  /** The node does not listen to a subject any more. */
  unlistened(subject: string): void {
    this.#subjects.delete(subject);
    for (const { streams } of this.#peers.values()) streams.delete(subject);
  }

  /** Says something once: it is not numbered, not kept, and not in order with payloads. */
  note(subject: string, payload: unknown): void {
    this.#effects.publish(subject, encodeMessage({ type: 'note', node: this.#node, payload }));
  }

  /** Whether all other nodes are known to be heard in a subject. A silent one does not count. */
  isLocated(subject: string): boolean {
    for (const { streams, silentBeats, hasLeft } of this.#peers.values()) {
      const isWaitedFor = silentBeats <= 1 && !hasLeft;
      if (isWaitedFor && streams.get(subject)?.isLocated !== true) return false;
    }
    return true;
  }

  /** Says that this node lives. Called each {@link BEAT_MS}, and when the link is up again. */
  beat(): void {
    this.#sent.forgetOld();
    this.#publish({ type: 'alive', node: this.#node, last: this.#sent.lastNumbers() });
  }

  /** Says that this node closes: nothing is to be heard of it from now on. */
  leave(): void {
    this.#publish({ type: 'leave', node: this.#node });
  }

  /** Takes a message from the engine. Returns what it was. */
  receive(subject: string, text: string): 'own' | 'own-beat' | 'peer' | 'unknown' {
    // A node hears what it says itself, too: most of it, so that is not parsed.
    if (text.startsWith(this.#ownStart)) return 'own';
    const message = parseMessage(text);
    if (message === undefined) return 'unknown';
    if (message.node === this.#node) {
      if (message.type !== 'alive') return 'own';
      this.#heardOwnBeat();
      return 'own-beat';
    }
    this.#receive(subject, message, this.#heard(message.node));
    return 'peer';
  }

  #receive(subject: string, message: NodeMessage, peer: Peer): void {
    switch (message.type) {
      case 'data':
        return this.#receiveData(subject, message, peer);
      case 'alive':
        return this.#receiveAlive(message, peer);
      case 'ask':
        if (message.of === this.#node) this.#repeat(message);
        return;
      case 'forgotten':
        peer.streams.get(message.subject)?.skipTo(message.before);
        return;
      case 'locate':
        return this.#tellPositions(message.subjects);
      case 'position':
        if (!this.#subjects.has(subject)) return;
        this.#stream(message.node, subject, peer).locate(message.last);
        if (!message.listens) this.#effects.absent(message.node, subject);
        return;
      case 'leave':
        if (peer.hasLeft) return;
        peer.hasLeft = true;
        return this.#effects.left(message.node);
      case 'note':
        if (this.#subjects.has(subject))
          this.#effects.deliver(message.node, subject, message.payload);
    }
  }

  #heard(node: string): Peer {
    const now = this.#clock();
    let peer = this.#peers.get(node);
    if (peer === undefined) {
      peer = {
        streams: new Map(),
        joinedAt: now,
        heardAt: now,
        silentBeats: 0,
        hasLeft: false,
        isGone: true,
      };
      this.#peers.set(node, peer);
    }
    peer.silentBeats = 0;
    peer.heardAt = now;
    if (peer.isGone) {
      peer.isGone = false;
      peer.joinedAt = now;
      this.#effects.joined(node);
    }
    return peer;
  }

  #receiveData(subject: string, message: DataMessage, peer: Peer): void {
    if (!this.#subjects.has(subject)) return;
    const gap = this.#stream(message.node, subject, peer).receive(message);
    if (gap !== undefined) this.#ask(message.node, subject, gap);
  }

  #receiveAlive({ node, last }: AliveMessage, peer: Peer): void {
    for (const [subject, number] of Object.entries(last)) {
      if (this.#subjects.has(subject)) this.#stream(node, subject, peer).announce(number);
    }
  }

  #tellPositions(subjects: readonly string[]): void {
    for (const subject of subjects) {
      const last = this.#sent.kept(subject)?.last ?? 0;
      const listens = this.#subjects.has(subject);
      const position = { type: 'position', node: this.#node, last, listens } as const;
      this.#effects.publish(subject, encodeMessage(position));
    }
  }

  #stream(node: string, subject: string, { streams }: Peer): HeardStream {
    let stream = streams.get(subject);
    if (stream === undefined) {
      stream = new HeardStream({
        deliver: (payload) => this.#effects.deliver(node, subject, payload),
        lost: (count) => this.#effects.lost(node, subject, count),
      });
      streams.set(subject, stream);
    }
    return stream;
  }

  #heardOwnBeat(): void {
    const unlocated = new Set<string>();
    for (const [node, peer] of this.#peers) {
      peer.silentBeats += 1;
      if (peer.silentBeats > MAX_GONE_BEATS) this.#peers.delete(node);
      else if (!peer.isGone) this.#beatOf(node, peer, unlocated);
    }
    if (unlocated.size > 0) this.locate([...unlocated]);
  }

  /** @param unlocated - takes the subjects in which it is not known where the peer is. */
  #beatOf(node: string, peer: Peer, unlocated: Set<string>): void {
    if (peer.silentBeats > (peer.hasLeft ? MAX_LEFT_BEATS : MAX_SILENT_BEATS)) {
      peer.isGone = true;
      this.#effects.gone(node);
      return;
    }
    if (peer.hasLeft) return;
    for (const subject of this.#subjects) {
      const stream = this.#stream(node, subject, peer);
      if (!stream.isLocated) unlocated.add(subject);
      const gap = stream.beat(peer.silentBeats === 1);
      if (gap !== undefined) this.#ask(node, subject, gap);
    }
  }

  #ask(of: string, subject: string, { from, to }: Gap): void {
    this.#publish({ type: 'ask', node: this.#node, of, subject, from, to });
  }

  /** Says again what another node lacks. Nodes that have it ignore it. */
  #repeat({ subject, from, to }: AskMessage): void {
    const stream = this.#sent.kept(subject);
    const firstKept = stream?.firstKept ?? to + 1;
    if (from < firstKept) {
      this.#publish({ type: 'forgotten', node: this.#node, subject, before: firstKept });
    }
    for (const { message } of stream?.between(from, to) ?? []) {
      this.#effects.publish(subject, repeatOf(message));
    }
  }

  #publish(message: Exclude<NodeMessage, DataMessage | PositionMessage>): void {
    this.#effects.publish(CONTROL_SUBJECT, encodeMessage(message));
  }
}
