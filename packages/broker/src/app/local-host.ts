import type { App, AppEnvironment, AppHost } from './app.ts';
import type { AppOptions } from '../settings/options.ts';
import { LocalApp } from './local-app.ts';

/** Apps in this process alone. */
export class LocalHost implements AppHost {
  readonly isReady = true;
  readonly cluster: undefined;

  readonly createApp = (options: AppOptions, environment: AppEnvironment): App =>
    new LocalApp(options, environment);

  leave(): void {}

  async close(): Promise<void> {}
}
