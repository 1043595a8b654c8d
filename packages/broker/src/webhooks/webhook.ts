import { setTimeout } from 'node:timers/promises';
import { errorMessage } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import { signatureOf } from '../credentials.ts';
import type { AppCredentials } from '../credentials.ts';
import type { WebhookOptions } from '../settings/options.ts';
import type { WebhookEvent } from '../webhook-event.ts';
import { post } from './post.ts';

/** Events of this time go in one request. */
const BATCH_MS = 50;
const MAX_BATCH = 100;

/** Events that may wait for a server that does not answer. More are dropped, and counted. */
export const MAX_PENDING = 10_000;

/** Doubles each time. One more would exceed five minutes. */
export const RETRY_DELAYS_MS: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128].map(
  (seconds) => seconds * 1_000,
);

/** What has become of events. */
interface WebhookCounters {
  webhookEventsSent: number;
  webhookEventsDropped: number;
}

export interface WebhookEnvironment {
  readonly app: AppCredentials;
  readonly counters: WebhookCounters;
  readonly logger: Logger;
  readonly post?: typeof post;
  /** Resolves after `ms` milliseconds, or rejects when it is aborted. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** Sends the events of an app to one URL, in order, one request after the other. */
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
      this.#environment.counters.webhookEventsDropped += 1;
      return;
    }
    this.#pending.push(event);
    if (!this.#isSending) void this.#send();
  }

  /** Drops the events that are not yet sent. */
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
      // Closing: nothing else rejects a wait.
    }
    this.#isSending = false;
  }

  async #deliver(events: readonly WebhookEvent[]): Promise<void> {
    const { counters, logger, wait } = this.#environment;
    // Once for all attempts, so that a receiver can recognise a repeated request.
    const body = JSON.stringify({ time_ms: Date.now(), events });
    for (const delay of [...RETRY_DELAYS_MS, undefined]) {
      const failure = await this.#attempt(body);
      if (failure === undefined) {
        counters.webhookEventsSent += events.length;
        return;
      }
      if (delay === undefined) {
        logger.error(
          { url: this.#origin, reason: failure, events: events.length },
          `webhook failed after ${RETRY_DELAYS_MS.length} retries: events dropped`,
        );
      } else {
        await wait(delay, this.#closing.signal);
      }
    }
    counters.webhookEventsDropped += events.length;
  }

  /** Sends one request. Returns the reason if it failed. */
  async #attempt(body: string): Promise<string | undefined> {
    const { app, post: send } = this.#environment;
    const headers = {
      // SDKs compare it exactly.
      'content-type': 'application/json',
      'x-pusher-key': app.key,
      'x-pusher-signature': signatureOf(app.secret, body),
    };
    try {
      const { url } = this.#options;
      const status = await send({ url, headers, body, signal: this.#closing.signal });
      return status >= 200 && status < 300 ? undefined : `status ${status}`;
    } catch (error) {
      return errorMessage(error);
    }
  }

  /** The part of the URL that may be logged: the rest often contains a secret. */
  get #origin(): string {
    return new URL(this.#options.url).origin;
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { signal });
}
