import { RollcallError } from '@rollcall/protocol';
import type { App } from './app.ts';

/** The apps of a broker, by id and by key. */
export class Apps {
  readonly #byId: ReadonlyMap<string, App>;
  readonly #byKey: ReadonlyMap<string, App>;

  /** @throws {@link RollcallError} `ROLLCALL_CONFIG` if two apps share an id or a key. */
  constructor(apps: readonly App[]) {
    this.#byId = new Map(apps.map((app) => [app.options.appId, app]));
    this.#byKey = new Map(apps.map((app) => [app.options.key, app]));
    if (this.#byId.size !== apps.length || this.#byKey.size !== apps.length) {
      throw new RollcallError(
        'ROLLCALL_CONFIG',
        'two apps have the same appId or key; give each its own',
      );
    }
  }

  [Symbol.iterator](): Iterator<App> {
    return this.#byId.values();
  }

  byId(appId: string): App | undefined {
    return this.#byId.get(appId);
  }

  byKey(key: string): App | undefined {
    return this.#byKey.get(key);
  }
}
