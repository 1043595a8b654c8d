import type { AppOptions } from '../options.ts';
import { Departures } from './departures.ts';
import type { WebhookEvent } from './event.ts';
import { Webhook } from './webhook.ts';
import type { WebhookEnvironment } from './webhook.ts';

/** All that are told what happens in one app. */
export class Webhooks {
  readonly #webhooks: readonly Webhook[];
  readonly #departures = new Departures((event) => this.#push(event));

  constructor(app: AppOptions, environment: Omit<WebhookEnvironment, 'app'>) {
    this.#webhooks = (app.webhooks ?? []).map(
      (options) => new Webhook(options, { ...environment, app }),
    );
  }

  report(event: WebhookEvent): void {
    // No timers for who tells no one.
    if (this.#webhooks.length > 0) this.#departures.take(event);
  }

  close(): void {
    this.#departures.stop();
    for (const webhook of this.#webhooks) webhook.close();
  }

  #push(event: WebhookEvent): void {
    for (const webhook of this.#webhooks) webhook.push(event);
  }
}
