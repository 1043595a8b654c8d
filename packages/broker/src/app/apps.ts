import type { App } from './app.ts';

/** The apps of a broker, by id and by key. No two share one: see `faultsOfWhole`. */
export class Apps {
  #byId: ReadonlyMap<string, App> = new Map();
  #byKey: ReadonlyMap<string, App> = new Map();

  constructor(apps: readonly App[]) {
    this.replace(apps);
  }

  replace(apps: readonly App[]): void {
    this.#byId = new Map(apps.map((app) => [app.options.appId, app]));
    this.#byKey = new Map(apps.map((app) => [app.options.key, app]));
  }

  [Symbol.iterator](): IterableIterator<App> {
    return this.#byId.values();
  }

  byId(appId: string): App | undefined {
    return this.#byId.get(appId);
  }

  byKey(key: string): App | undefined {
    return this.#byKey.get(key);
  }
}
