import { setTimeout } from 'node:timers/promises';
import type { Logger } from '@rollcall/runtime';
import type { Counters } from '../app/counters.ts';
import { signatureOf } from '../credentials.ts';
import type { AppCredentials } from '../credentials.ts';
import type { WebhookOptions } from '../options.ts';
import type { WebhookEvent } from './event.ts';
import { post } from './post.ts';

/** What happens within it goes in one request. */
const BATCH_MS = 50;
const MAX_BATCH = 100;

/** More than this waits for a server that does not answer: the rest is lost, and counted. */
export const MAX_PENDING = 10_000;

/** Twice as long each time; with one more it would be more than five minutes. */
export const RETRY_DELAYS_MS: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128].map(
  (seconds) => seconds * 1_000,
);

export interface WebhookEnvironment {
  readonly app: AppCredentials;
  readonly counters: Counters;
  readonly logger: Logger;
  readonly post?: typeof post;
  /** Resolves after so many milliseconds, or rejects when it is aborted. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** Tells one URL what happens in an app, in order, one request after the other. */
export class Webhook {
  readonly #options: WebhookOptions;
  readonly #environment: Required<WebhookEnvironment>;
  readonly #pending: WebhookEvent[] = [];
  readonly #closing = new AbortController();
  #isSending = false;

  constructor(options: WebhookOptions, environment: WebhookEnvironment) {
    this.#options = options;
    this.#environment = { post, wait: sleep, ...environment };
  }

  push(event: WebhookEvent): void {
    const { events } = this.#options;
    if (events !== undefined && !events.includes(event.name)) return;
    if (this.#pending.length >= MAX_PENDING) {
      this.#environment.counters.webhookEventsLost += 1;
      return;
    }
    this.#pending.push(event);
    if (!this.#isSending) void this.#send();
  }

  /** What was not sent by now is not sent any more. */
  close(): void {
    this.#closing.abort();
  }

  async #send(): Promise<void> {
    const { wait } = this.#environment;
    this.#isSending = true;
    try {
      while (this.#pending.length > 0) {
        await wait(BATCH_MS, this.#closing.signal);
        await this.#deliver(this.#pending.splice(0, MAX_BATCH));
      }
    } catch {
      // It is closing: nothing else ends a wait.
    }
    this.#isSending = false;
  }

  async #deliver(events: readonly WebhookEvent[]): Promise<void> {
    const { counters, logger, wait } = this.#environment;
    // Once for all attempts: who gets it twice can tell that it is the same.
    const body = JSON.stringify({ time_ms: Date.now(), events });
    for (const delay of [...RETRY_DELAYS_MS, undefined]) {
      const failure = await this.#attempt(body);
      if (failure === undefined) {
        counters.webhookEventsSent += events.length;
        return;
      }
      if (delay === undefined)
        logger.error({ url: this.#origin, reason: failure }, 'gave up delivering webhook');
      else await wait(delay, this.#closing.signal);
    }
    counters.webhookEventsLost += events.length;
  }

  /** Returns why it failed. */
  async #attempt(body: string): Promise<string | undefined> {
    const { app, post: send } = this.#environment;
    const headers = {
      // SDKs compare it to the letter.
      'content-type': 'application/json',
      'x-pusher-key': app.key,
      'x-pusher-signature': signatureOf(app.secret, body),
    };
    try {
      const { url } = this.#options;
      const status = await send({ url, headers, body, signal: this.#closing.signal });
      return status >= 200 && status < 300 ? undefined : `status ${status}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** All of the URL that may be logged: the rest is often a secret. */
  get #origin(): string {
    return new URL(this.#options.url).origin;
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { signal });
}
