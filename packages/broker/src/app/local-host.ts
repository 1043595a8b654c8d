import type { App, AppEnvironment, AppHost, NodeReport, NodeState } from './app.ts';
import type { AppOptions } from '../settings/options.ts';
import { LocalApp } from './local-app.ts';
import { after } from './maybe-promise.ts';
import type { MaybePromise } from './maybe-promise.ts';

/** Apps in this process alone. */
export class LocalHost implements AppHost {
  readonly cluster: undefined;
  #report: (() => MaybePromise<NodeReport>) | undefined;
  #isClosing = false;

  readonly createApp = (options: AppOptions, environment: AppEnvironment): App =>
    new LocalApp(options, environment);

  get unreadiness(): string | undefined {
    return this.#isClosing ? 'this broker is closing' : undefined;
  }

  introduce(report: () => MaybePromise<NodeReport>): void {
    this.#report = report;
  }

  nodes(): MaybePromise<readonly NodeState[]> {
    if (this.#report === undefined) return [];
    return after(this.#report(), (report) => [
      { status: 'self', since: report.startedAt, missingEvents: 0, report },
    ]);
  }

  leave(): void {
    this.#isClosing = true;
  }

  async close(): Promise<void> {}
}
