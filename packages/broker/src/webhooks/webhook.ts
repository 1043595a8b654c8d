import { setTimeout } from 'node:timers/promises';
import { channelKind } from '@rollcall/protocol/pusher';
import { limitLines, post } from '@rollcall/runtime';
import type { LogFields, Logger } from '@rollcall/runtime';
import { signatureOf } from '../credentials.ts';
import type { AppCredentials } from '../credentials.ts';
import type { WebhookOptions } from '../settings/options.ts';
import type { WebhookEvent } from '../webhook-event.ts';
import type { EventLog } from '../event-log/event-log.ts';
import type { WebhookMemory } from './webhook-memory.ts';

/** Events of this time go in one request. */
export const BATCH_MS = 50;
const MAX_BATCH = 100;

/** An event is dropped when its first attempt is this long ago. */
export const MAX_AGE_MS = 300_000;

/** The delay before a retry doubles up to the maximum, which bounds how late a receiver that is back gets its events. */
const MIN_DELAY_MS = 1_000;
const MAX_DELAY_MS = 5_000;

/**
 * Failures in a row that follow each other at once, while single events seem to be at fault: of a retry, of a batch, and of
 * the event in it. After more, the receiver itself seems to be, and has a request each 50 ms.
 */
const MAX_PROMPT_FAILURES = 3;

/** What has become of events. */
interface WebhookCounters {
  readonly log?: EventLog;
  webhookEventsSent: number;
  webhookEventsDropped: number;
}

export interface WebhookEnvironment {
  readonly counters: WebhookCounters;
  readonly logger: Logger;
  /** What all webhooks of the broker may keep together. */
  readonly memory: WebhookMemory;
  readonly post?: typeof post;
  /** Resolves after `ms` milliseconds, or rejects when it is aborted. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Milliseconds of a clock that never goes back. */
  readonly clock?: () => number;
}

/** An event that waits to be accepted. */
interface Waiting {
  /** The event, in JSON. */
  readonly text: string;
  /** Whether it is of a public channel. */
  readonly isOpen: boolean;
  /** When it was first sent: by the clock, and in milliseconds since 1970. */
  firstSent: { readonly at: number; readonly timeMs: number } | undefined;
  /** How often it was refused in a request of its own. */
  refusals: number;
}

/**
 * Sends the events of an app to one URL, one request after the other, in order as long as they are accepted. When a request
 * with several events is refused, they are sent one by one, so that only the event that is at fault waits for its retry. When
 * the receiver cannot be reached, all wait.
 */
export class Webhook {
  #options: WebhookOptions;
  #app: AppCredentials;
  readonly #environment: Required<WebhookEnvironment>;
  readonly #logFailure: (fields: LogFields, message: string) => void;
  readonly #logDropped: (fields: LogFields, message: string) => void;
  /** In order. They go in batches. */
  readonly #pending: Waiting[] = [];
  /** Refused before, and due again. They go alone. */
  readonly #due: Waiting[] = [];
  #batchSize = MAX_BATCH;
  /** Requests since the last that was accepted. */
  #failures = 0;
  #sentDueLast = false;
  #isSending = false;
  readonly #closing = new AbortController();

  constructor(options: WebhookOptions, app: AppCredentials, environment: WebhookEnvironment) {
    this.#options = options;
    this.#app = app;
    this.#environment = { post, wait: sleep, clock: () => performance.now(), ...environment };
    this.#logFailure = limitLines(environment.logger.warn);
    this.#logDropped = limitLines(environment.logger.error);
  }

  get url(): string {
    return this.#options.url;
  }

  /** Uses other options from now on, for events that wait too. The URL stays. */
  configure(options: WebhookOptions, app: AppCredentials): void {
    this.#options = options;
    this.#app = app;
  }

  push(event: WebhookEvent): void {
    const { events } = this.#options;
    if (events !== undefined && !events.includes(event.name)) return;
    const isOpen = channelKind(event.channel) === 'public';
    const waiting = { text: JSON.stringify(event), isOpen, firstSent: undefined, refusals: 0 };
    if (!this.#environment.memory.take(this, waiting)) {
      this.#environment.counters.webhookEventsDropped += 1;
      this.#logDropped(
        { url: this.#origin, isPublic: isOpen },
        'too many events wait for a webhook: dropped',
      );
      return;
    }
    this.#pending.push(waiting);
    void this.#send();
  }

  /** Drops the events that are not yet sent. */
  close(): void {
    this.#environment.memory.forget(this);
    this.#closing.abort();
  }

  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      await this.#wait(BATCH_MS);
      while (this.#pending.length + this.#due.length > 0) {
        const pause = await this.#sendNext();
        if (pause > 0) await this.#wait(pause);
      }
    } catch {
      // Closing: nothing else rejects a wait.
    }
    this.#isSending = false;
  }

  /** Sends one request. Returns how long to wait before the next. */
  async #sendNext(): Promise<number> {
    // In turn, so that neither keeps the other waiting.
    const isDue = this.#due.length > 0 && (this.#pending.length === 0 || !this.#sentDueLast);
    this.#sentDueLast = isDue;
    const source = isDue ? this.#due : this.#pending;
    const batch = source.splice(0, isDue ? 1 : this.#batchSize);
    const failure = await this.#attempt(batch);
    if (failure === undefined) {
      const isRecovering = this.#due.length > 0 || this.#batchSize < MAX_BATCH;
      this.#failures = 0;
      if (!isDue) this.#batchSize = Math.min(2 * this.#batchSize, MAX_BATCH);
      this.#environment.counters.webhookEventsSent += batch.length;
      this.#log('webhook-sent', batch.length, 'accepted');
      this.#release(batch);
      return isRecovering ? 0 : BATCH_MS;
    }
    if (this.#failures === 0) {
      this.#logFailure({ url: this.#origin, reason: failure.reason }, 'webhook failed: will retry');
    }
    this.#log('webhook-failed', batch.length, failure.reason);
    this.#failures += 1;
    const kept = this.#dropOld(batch, failure.reason);
    if (failure.isUnreachable) {
      source.unshift(...kept);
      // The same events again, so that a receiver can recognise a repeated request.
      if (!isDue && kept.length > 0) this.#batchSize = kept.length;
      return delayAfter(this.#failures);
    }
    if (batch.length > 1) {
      this.#pending.unshift(...kept);
      this.#batchSize = 1;
    } else {
      for (const waiting of kept) void this.#retryLater(waiting);
    }
    return this.#failures > MAX_PROMPT_FAILURES ? BATCH_MS : 0;
  }

  /** Sends events together. Returns why they were not accepted. */
  #attempt(batch: readonly Waiting[]): ReturnType<typeof post> {
    const { clock, post: send } = this.#environment;
    for (const waiting of batch) waiting.firstSent ??= { at: clock(), timeMs: Date.now() };
    const events = batch.map(({ text }) => text).join(',');
    const body = `{"time_ms":${batch[0]?.firstSent?.timeMs},"events":[${events}]}`;
    const headers = {
      // SDKs compare it exactly.
      'content-type': 'application/json',
      'x-pusher-key': this.#app.key,
      'x-pusher-signature': signatureOf(this.#app.secret, body),
    };
    return send({ url: this.#options.url, headers, body, signal: this.#closing.signal });
  }

  async #retryLater(waiting: Waiting): Promise<void> {
    waiting.refusals += 1;
    try {
      await this.#wait(delayAfter(waiting.refusals));
    } catch {
      return;
    }
    this.#due.push(waiting);
    void this.#send();
  }

  /** Drops events that have been tried for too long. Returns the others. */
  #dropOld(batch: readonly Waiting[], reason: string): readonly Waiting[] {
    const oldest = this.#environment.clock() - MAX_AGE_MS;
    const isOld = ({ firstSent }: Waiting): boolean => (firstSent?.at ?? oldest + 1) <= oldest;
    const dropped = batch.filter(isOld);
    if (dropped.length === 0) return batch;
    this.#release(dropped);
    this.#environment.counters.webhookEventsDropped += dropped.length;
    this.#logDropped(
      { url: this.#origin, reason, events: dropped.length },
      'webhook failed for five minutes: events dropped',
    );
    return batch.filter((waiting) => !isOld(waiting));
  }

  #release(done: readonly Waiting[]): void {
    for (const waiting of done) this.#environment.memory.release(this, waiting);
  }

  #wait(ms: number): Promise<unknown> {
    return this.#environment.wait(ms, this.#closing.signal);
  }

  #log(type: 'webhook-sent' | 'webhook-failed', count: number, outcome: string): void {
    const { log } = this.#environment.counters;
    if (log?.isWatched !== true) return;
    const events = `${count} event${count === 1 ? '' : 's'}`;
    log.add({ type, detail: `${events} to ${this.#origin}: ${outcome}` });
  }

  /** The part of the URL that may be logged: the rest often contains a secret. */
  get #origin(): string {
    return new URL(this.#options.url).origin;
  }
}

/** @param failures - one or more. */
function delayAfter(failures: number): number {
  return Math.min(MIN_DELAY_MS * 2 ** (failures - 1), MAX_DELAY_MS);
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { signal });
}
