import type { LogFields, PostFailure } from '@rollcall/runtime';
import type { Message } from './duty.ts';
import type { NewsItem } from './news.ts';
import { retryAfterMs } from './retry-after.ts';

/** What has become of a message. */
type DeliveryResult = 'sent' | 'failed' | 'dropped';

export interface DeliveryOptions {
  /** Sends events. Returns why they were not accepted. */
  readonly send: (message: Message) => Promise<PostFailure | undefined>;
  /** Returns the events of which the target was not notified meanwhile, by another gateway. */
  readonly remaining: (items: readonly NewsItem[]) => NewsItem[];
  readonly onResult: (result: DeliveryResult, message: Message) => void;
  /** Resolves after `ms` milliseconds, or rejects when the delivery ends. */
  readonly wait: (ms: number) => Promise<unknown>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: () => number;
  readonly warn: (fields: LogFields, message: string) => void;
}

/** Messages that wait. The oldest gives way. */
const MAX_WAITING = 100;
/** A message is dropped if it was not accepted for so long: it would not help any more. */
const MAX_AGE_MS = 600_000;
const MIN_DELAY_MS = 1000;
const MAX_DELAY_MS = 60_000;

interface Waiting {
  readonly message: Message;
  readonly since: number;
}

/** Sends messages to one target, one after the other, and tries again for a time. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #waiting: Waiting[] = [];
  #isSending = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  push(message: Message): void {
    this.#waiting.push({ message, since: this.#options.now() });
    if (this.#waiting.length > MAX_WAITING)
      this.#drop(this.#waiting.splice(this.#isSending ? 1 : 0, 1)[0], 'too many wait');
    if (!this.#isSending) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isSending = true;
    try {
      let failures = 0;
      for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
        const pause = await this.#attempt(next, failures);
        failures = pause === 0 ? 0 : failures + 1;
        if (pause === 0) this.#waiting.shift();
        else await this.#options.wait(pause);
      }
    } catch {
      // It has ended: nothing else rejects a wait.
    }
    this.#isSending = false;
  }

  /** Sends a message. Returns how long to wait until it is sent again, or 0 if it is not. */
  async #attempt({ message, since }: Waiting, failures: number): Promise<number> {
    const { send, remaining, onResult, now, random, warn } = this.#options;
    const items = remaining(message.items);
    if (items.length === 0) return 0;
    const left = { ...message, items };
    const failure = await send(left);
    if (failure === undefined) {
      onResult('sent', left);
      return 0;
    }
    onResult('failed', left);
    const { reason, status, retryAfter } = failure;
    const isFinal = status !== undefined && isRefusal(status);
    const backoff = Math.min(MIN_DELAY_MS * 2 ** failures, MAX_DELAY_MS) * (0.5 + random() / 2);
    const asked = retryAfterMs(retryAfter, now());
    const pause = Math.max(backoff, asked ?? 0);
    if (isFinal || now() + pause - since > MAX_AGE_MS) {
      this.#drop({ message: left, since }, reason);
      return 0;
    }
    if (failures === 0) warn({ reason }, 'cannot notify: retrying');
    return pause;
  }

  #drop(waiting: Waiting | undefined, reason: string): void {
    if (waiting === undefined) return;
    const { onResult, warn } = this.#options;
    onResult('dropped', waiting.message);
    warn({ reason, events: waiting.message.items.length }, 'cannot notify: dropped a message');
  }
}

/** Whether the same request would be refused again: a redirect, which is not followed, or a fault of the request. */
function isRefusal(status: number): boolean {
  return status < 500 && status !== 408 && status !== 425 && status !== 429;
}
