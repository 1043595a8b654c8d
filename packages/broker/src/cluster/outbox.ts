import { setTimeout } from 'node:timers/promises';
import { UnavailableError } from '../app/unavailable-error.ts';
import { busUnavailable } from './bus/unavailable.ts';
import type { Batch } from './broadcast/sent-stream.ts';

/** For how long a message is tried if the link is lost while it is on its way. */
const MAX_WAIT_MS = 4_000;
const RETRY_MS = 100;

/** Characters of one message, unless it has a single payload. More goes with the next. NATS carries 1 MiB by default. */
const MAX_SIZE = 250_000;

export interface OutboxOptions {
  /** @param payloads - each as JSON */
  compose(payloads: readonly string[]): Batch;
  publish(batch: Batch): Promise<void>;
  withdraw(batch: Batch): void;
  /** Whether the engine can be reached, as far as is known. */
  isConnected(): boolean;
  /** Ends all retries. */
  readonly closing: AbortSignal;
  readonly clock: () => number;
}

interface Waiting {
  /** As JSON. */
  readonly payload: string;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * What is to be said to one subject. One message is on its way at a time, and what is to be said meanwhile goes together with
 * the next: so the order is kept, and many payloads cost little more than one.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  #waiting: Waiting[] = [];
  /** Payloads of the message that is on its way. */
  #sending = 0;
  #isSending = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Payloads that the engine has not accepted. */
  get length(): number {
    return this.#waiting.length + this.#sending;
  }

  post(payload: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ payload: JSON.stringify(payload), resolve, reject });
      if (this.#isSending) return;
      this.#isSending = true;
      // At the end of the turn, so that what comes in one turn goes together.
      setImmediate(() => void this.#send());
    });
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      if (!this.#options.isConnected()) {
        this.#rejectAll();
        break;
      }
      const waiting = this.#waiting.splice(0, countThatFits(this.#waiting));
      this.#sending = waiting.length;
      const batch = this.#options.compose(waiting.map(({ payload }) => payload));
      try {
        await this.#publish(batch);
        for (const each of waiting) each.resolve();
      } catch (error) {
        this.#options.withdraw(batch);
        for (const each of waiting) each.reject(error);
      }
      this.#sending = 0;
    }
    this.#isSending = false;
  }

  /** Publishes a message, again if the link was lost meanwhile: nodes that have it ignore it. */
  async #publish(batch: Batch): Promise<void> {
    for (;;) {
      try {
        return await this.#options.publish(batch);
      } catch (error) {
        const { clock, closing } = this.#options;
        const isOver = closing.aborted || clock() - batch.sentAt > MAX_WAIT_MS;
        if (isOver || !(error instanceof UnavailableError)) throw error;
        // It rejects when the node closes, and the next attempt then ends this.
        await setTimeout(RETRY_MS, undefined, { signal: closing }).catch(() => {});
      }
    }
  }

  /** What waited behind a message whose link was lost has not been said to any node. */
  #rejectAll(): void {
    for (const each of this.#waiting.splice(0)) each.reject(busUnavailable());
  }
}

/** Returns how many payloads go in one message. */
function countThatFits(waiting: readonly Waiting[]): number {
  let size = 0;
  for (const [index, { payload }] of waiting.entries()) {
    size += payload.length;
    if (size > MAX_SIZE) return Math.max(1, index);
  }
  return waiting.length;
}
