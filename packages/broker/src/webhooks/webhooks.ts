import type { AppOptions } from '../settings/options.ts';
import { DebouncedLeaves } from './debounced-leaves.ts';
import type { WebhookEvent } from '../webhook-event.ts';
import { Webhook } from './webhook.ts';
import type { WebhookEnvironment } from './webhook.ts';

/** The webhooks of one app. */
export class Webhooks {
  readonly #webhooks: readonly Webhook[];
  readonly #leaves = new DebouncedLeaves((event) => this.#push(event));

  constructor(app: AppOptions, environment: Omit<WebhookEnvironment, 'app'>) {
    this.#webhooks = (app.webhooks ?? []).map(
      (options) => new Webhook(options, { ...environment, app }),
    );
  }

  report(event: WebhookEvent): void {
    // Without a webhook there is no need for timers.
    if (this.#webhooks.length > 0) this.#leaves.report(event);
  }

  close(): void {
    this.#leaves.stop();
    for (const webhook of this.#webhooks) webhook.close();
  }

  #push(event: WebhookEvent): void {
    for (const webhook of this.#webhooks) webhook.push(event);
  }
}
