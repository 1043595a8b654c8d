import { setTimeout } from 'node:timers/promises';
import { UnavailableError } from '../app/unavailable-error.ts';
import type { Batch } from './broadcast/sent-stream.ts';

/** For how long a message is tried if the link is lost while it is on its way. */
const MAX_WAIT_MS = 4_000;
const RETRY_MS = 100;

/** Of one message, in payloads and in bytes. More goes with the next. Engines take 1 MiB; a single payload is far smaller. */
const MAX_BATCH = 500;
const MAX_BATCH_BYTES = 2 ** 19;

export interface OutboxOptions {
  compose(payloads: readonly unknown[]): Batch;
  publish(batch: Batch): Promise<void>;
  withdraw(batch: Batch): void;
  readonly clock: () => number;
}

interface Waiting {
  readonly payload: unknown;
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
  #isSending = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  post(payload: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ payload, resolve, reject });
      if (this.#isSending) return;
      this.#isSending = true;
      // At the end of the turn, so that what comes in one turn goes together.
      setImmediate(() => void this.#send());
    });
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#take();
      const batch = this.#options.compose(waiting.map(({ payload }) => payload));
      try {
        await this.#publish(batch);
        for (const each of waiting) each.resolve();
      } catch (error) {
        this.#options.withdraw(batch);
        for (const each of waiting) each.reject(error);
      }
    }
    this.#isSending = false;
  }

  /** What goes with the next message: one payload at least. */
  #take(): Waiting[] {
    if (this.#waiting.length === 1) return this.#waiting.splice(0);
    let count = 0;
    let bytes = 0;
    for (const { payload } of this.#waiting) {
      bytes += Buffer.byteLength(JSON.stringify(payload));
      if (count > 0 && (bytes > MAX_BATCH_BYTES || count === MAX_BATCH)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  /** Publishes a message, again if the link was lost meanwhile: nodes that have it ignore it. */
  async #publish(batch: Batch): Promise<void> {
    for (;;) {
      try {
        return await this.#options.publish(batch);
      } catch (error) {
        const isLate = this.#options.clock() - batch.sentAt > MAX_WAIT_MS;
        if (isLate || !(error instanceof UnavailableError)) throw error;
        await setTimeout(RETRY_MS);
      }
    }
  }
}
