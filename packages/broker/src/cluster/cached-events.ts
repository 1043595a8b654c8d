import { LIMITS } from '@rollcall/protocol/pusher';
import type { LocalApp } from '../app/local-app.ts';
import type { MaybePromise } from '../app/maybe-promise.ts';
import type { AppMessage, CachedAnswer } from './app-messages.ts';

/** A client that subscribes does not wait longer for the last event. */
const TIMEOUT_MS = 300;

/** Channels of one question. An answer has up to 10 KB for each, six times as much in JSON, and a message up to 1 MiB. */
const MAX_CHANNELS = 15;

/** More channels are not remembered, because any client can subscribe to any. */
const MAX_VERIFIED = 10_000;

export interface CachedEventsOptions {
  readonly local: LocalApp;
  readonly peers: () => readonly string[];
  /** Says something once: who asks does not wait for long. */
  readonly note: (message: AppMessage) => void;
  readonly clock: () => number;
}

interface Question {
  /** The nodes that have not answered. */
  readonly waiting: Set<string>;
  readonly done: Promise<void>;
  /** Ends it. */
  readonly end: () => void;
}

/**
 * The last events of cache channels. Every node keeps all of them, so only a node that may not have received some, because it has
 * started or was cut off, asks the others.
 */
export class CachedEvents {
  readonly #options: CachedEventsOptions;
  /** Since when the node has received all events. */
  #completeSince: number;
  /** Channels of which the last event is known although the node has not received all. */
  readonly #verified = new Set<string>();
  readonly #questions = new Map<string, Question>();
  /** Channels to ask for at the end of the turn. */
  #unasked: string[] = [];

  constructor(options: CachedEventsOptions) {
    this.#options = options;
    this.#completeSince = options.clock();
  }

  /** Events of another node are lost, perhaps the last ones of any channel. */
  lost(): void {
    this.#completeSince = this.#options.clock();
    this.#verified.clear();
  }

  /** An event was published: it is the last one. */
  published(channel: string): void {
    if (!this.#isComplete) this.#verify(channel);
  }

  /** Learns the last event of a channel, if another node may have a later one. */
  fetch(channel: string): MaybePromise<void> {
    const peers = this.#options.peers();
    if (peers.length === 0 || this.#isComplete || this.#verified.has(channel)) return;
    return (this.#questions.get(channel) ?? this.#ask(channel, peers)).done;
  }

  /** Another node asks for the last events of some channels. */
  answer(channels: readonly string[]): void {
    const { local, note } = this.#options;
    note(['cached', channels.map((channel) => [channel, local.kept(channel) ?? null])]);
  }

  /** Another node has answered. */
  answered(peer: string, answers: readonly CachedAnswer[]): void {
    for (const [channel, event] of answers) {
      if (event !== null) this.#options.local.keep(channel, event);
      const question = this.#questions.get(channel);
      if (question === undefined) continue;
      question.waiting.delete(peer);
      if (question.waiting.size > 0) continue;
      this.#verify(channel);
      question.end();
    }
  }

  close(): void {
    for (const { end } of this.#questions.values()) end();
  }

  get #isComplete(): boolean {
    return this.#options.clock() - this.#completeSince >= LIMITS.cacheMs;
  }

  #verify(channel: string): void {
    const [oldest] = this.#verified;
    if (oldest !== undefined && this.#verified.size >= MAX_VERIFIED) this.#verified.delete(oldest);
    this.#verified.add(channel);
  }

  #ask(channel: string, peers: readonly string[]): Question {
    let resolve: (() => void) | undefined;
    const done = new Promise<void>((settle) => (resolve = settle));
    const end = (): void => {
      clearTimeout(timer);
      this.#questions.delete(channel);
      resolve?.();
    };
    const timer = setTimeout(end, TIMEOUT_MS);
    const question = { waiting: new Set(peers), done, end };
    this.#questions.set(channel, question);
    if (this.#unasked.length === 0) setImmediate(() => this.#askTogether());
    this.#unasked.push(channel);
    return question;
  }

  /** Asks for all channels of a turn: clients subscribe to many at once. */
  #askTogether(): void {
    const channels = this.#unasked;
    this.#unasked = [];
    for (let index = 0; index < channels.length; index += MAX_CHANNELS) {
      this.#options.note(['cached?', channels.slice(index, index + MAX_CHANNELS)]);
    }
  }
}
