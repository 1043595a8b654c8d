import { RollcallError } from '@rollcall/protocol';
import { App } from './app.ts';
import type { AppCredentials } from './credentials.ts';

/** The apps of a broker, by what clients name them with. */
export class Apps {
  readonly #byId: ReadonlyMap<string, App>;
  readonly #byKey: ReadonlyMap<string, App>;

  constructor(credentials: readonly AppCredentials[]) {
    const apps = credentials.map((each) => new App(each));
    this.#byId = new Map(apps.map((app) => [app.credentials.appId, app]));
    this.#byKey = new Map(apps.map((app) => [app.credentials.key, app]));
    if (this.#byId.size !== apps.length || this.#byKey.size !== apps.length) {
      throw new RollcallError(
        'ROLLCALL_CONFIG',
        'two apps have the same appId or key; give each its own',
      );
    }
  }

  byId(appId: string): App | undefined {
    return this.#byId.get(appId);
  }

  byKey(key: string): App | undefined {
    return this.#byKey.get(key);
  }
}
