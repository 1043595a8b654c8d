import type { AppOptions } from '../settings/options.ts';
import { DebouncedLeaves } from './debounced-leaves.ts';
import type { WebhookEvent } from '../webhook-event.ts';
import { Webhook } from './webhook.ts';
import type { WebhookEnvironment } from './webhook.ts';

/** The webhooks of one app. */
export class Webhooks {
  readonly #environment: WebhookEnvironment;
  readonly #leaves = new DebouncedLeaves((event) => this.#push(event));
  #webhooks: readonly Webhook[] = [];

  constructor(app: AppOptions, environment: WebhookEnvironment) {
    this.#environment = environment;
    this.configure(app);
  }

  /** Uses other options from now on. A webhook whose URL stays keeps the events that wait. */
  configure(app: AppOptions): void {
    const before = new Set(this.#webhooks);
    this.#webhooks = (app.webhooks ?? []).map((options) => {
      const same = [...before].find(({ url }) => url === options.url);
      if (same === undefined) return new Webhook(options, app, this.#environment);
      before.delete(same);
      same.configure(options, app);
      return same;
    });
    for (const removed of before) removed.close();
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
