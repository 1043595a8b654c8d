import { once } from 'node:events';
import { LIMITS } from '@rollcall/protocol/pusher';
import type { KeptEvent } from '../app/event-cache.ts';
import type { LocalApp } from '../app/local-app.ts';
import type { MaybePromise } from '../app/maybe-promise.ts';
import type { AppMessage } from './app-messages.ts';

/** A client that subscribes does not wait longer for the last event. */
const TIMEOUT_MS = 300;

export interface CachedEventsOptions {
  readonly local: LocalApp;
  readonly peers: () => readonly string[];
  readonly say: (message: AppMessage) => void;
  readonly clock: () => number;
}

interface Question {
  /** The nodes that have not answered. */
  readonly waiting: Set<string>;
  readonly done: Promise<void>;
  readonly resolve: () => void;
}

/**
 * The last events of cache channels. Every node keeps all of them, so only a node that has started since an event was published
 * asks the others for it.
 */
export class CachedEvents {
  readonly #options: CachedEventsOptions;
  readonly #startedAt: number;
  readonly #questions = new Map<string, Question>();

  constructor(options: CachedEventsOptions) {
    this.#options = options;
    this.#startedAt = options.clock();
  }

  /** Learns the last event of a channel, if another node may have it. */
  fetch(channel: string): MaybePromise<void> {
    const { local, peers, say, clock } = this.#options;
    const isYoung = clock() - this.#startedAt < LIMITS.cacheMs;
    if (!isYoung || peers().length === 0 || local.lastEvent(channel) !== undefined) return;
    const asked = this.#questions.get(channel);
    if (asked !== undefined) return asked.done;
    const question = this.#ask(channel, peers());
    say(['cached?', channel]);
    return question.done;
  }

  /** Another node asks. */
  answer(channel: string): void {
    const { local, say } = this.#options;
    say(['cached', channel, local.kept(channel) ?? null]);
  }

  /** Another node has answered. */
  answered(peer: string, channel: string, event: KeptEvent | null): void {
    if (event !== null) this.#options.local.keep(channel, event);
    const question = this.#questions.get(channel);
    if (question === undefined) return;
    question.waiting.delete(peer);
    if (question.waiting.size === 0 || event !== null) question.resolve();
  }

  close(): void {
    for (const question of this.#questions.values()) question.resolve();
  }

  #ask(channel: string, peers: readonly string[]): Question {
    const ending = new AbortController();
    const timer = setTimeout(() => ending.abort(), TIMEOUT_MS);
    const done = once(ending.signal, 'abort').then(() => {
      clearTimeout(timer);
      this.#questions.delete(channel);
    });
    const question = { waiting: new Set(peers), done, resolve: () => ending.abort() };
    this.#questions.set(channel, question);
    return question;
  }
}
