import type { AppEnvironment } from '../../src/app/app.ts';
import { Counters } from '../../src/app/counters.ts';
import { LocalApp } from '../../src/app/local-app.ts';
import type { AppOptions } from '../../src/settings/options.ts';

export const APP = { appId: '1', key: 'key', secret: 'secret' } as const;

interface NewApp {
  readonly options?: Partial<AppOptions>;
  readonly report?: AppEnvironment['report'];
  readonly clock?: () => number;
}

/** An app in this process, without a broker. */
export function newApp({ options, report = () => {}, clock }: NewApp = {}): LocalApp {
  return new LocalApp({ ...APP, ...options }, { counters: new Counters(), report }, clock);
}
