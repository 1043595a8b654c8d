import type { Logger } from '@rollcall/runtime';
import type { App, AppFactory } from './app/app.ts';
import { Apps } from './app/apps.ts';
import { Counters } from './app/counters.ts';
import type { AppOptions } from './settings/options.ts';
import { WebhookMemory } from './webhooks/webhook-memory.ts';
import { Webhooks } from './webhooks/webhooks.ts';

/** An app, and the webhooks that it reports to. */
interface ServedApp {
  readonly app: App;
  readonly webhooks: Webhooks;
}

/** The apps of a broker with their webhooks. They may change while it runs. */
export class ServedApps {
  readonly apps: Apps = new Apps([]);
  readonly #createApp: AppFactory;
  readonly #logger: Logger;
  readonly #memory = new WebhookMemory();
  #served: readonly ServedApp[] = [];

  constructor(createApp: AppFactory, logger: Logger) {
    this.#createApp = createApp;
    this.#logger = logger;
  }

  /**
   * Serves these apps from now on. An app whose id is served already stays, with its connections, and has its new options.
   *
   * @param disconnect - closes the connections of an app that is not served any more.
   * If this fails, nothing has changed.
   */
  async configure(
    changed: readonly AppOptions[],
    disconnect: (app: App) => void = () => {},
  ): Promise<void> {
    const before = new Map(this.#served.map((served) => [served.app.options.appId, served]));
    const next: { readonly served: ServedApp; readonly options: AppOptions }[] = [];
    try {
      for (const options of changed) {
        const served = before.get(options.appId) ?? (await this.#create(options));
        next.push({ served, options });
      }
    } catch (error) {
      const created = next.filter(({ options }) => !before.has(options.appId));
      for (const { served } of created) await close(served);
      throw error;
    }
    for (const { served, options } of next) {
      served.app.configure(options);
      served.webhooks.configure(options);
      before.delete(options.appId);
    }
    this.#served = next.map(({ served }) => served);
    this.apps.replace(this.#served.map(({ app }) => app));
    for (const removed of before.values()) {
      disconnect(removed.app);
      await close(removed);
    }
  }

  async close(): Promise<void> {
    for (const served of this.#served) await close(served);
  }

  async #create(options: AppOptions): Promise<ServedApp> {
    const counters = new Counters();
    const environment = { counters, logger: this.#logger, memory: this.#memory };
    const webhooks = new Webhooks(options, environment);
    const report = webhooks.report.bind(webhooks);
    return { app: await this.#createApp(options, { counters, report }), webhooks };
  }
}

async function close({ app, webhooks }: ServedApp): Promise<void> {
  await app.close();
  webhooks.close();
}
