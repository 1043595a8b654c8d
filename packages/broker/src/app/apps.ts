import { RollcallError } from '@rollcall/protocol';
import type { AppOptions } from '../settings/options.ts';
import type { App } from './app.ts';

/** The apps of a broker, by id and by key. */
export class Apps {
  #byId: ReadonlyMap<string, App> = new Map();
  #byKey: ReadonlyMap<string, App> = new Map();

  /** @throws {@link RollcallError} `ROLLCALL_CONFIG` if two apps share an id or a key. */
  constructor(apps: readonly App[]) {
    this.replace(apps);
  }

  /** @throws {@link RollcallError} `ROLLCALL_CONFIG` if two apps share an id or a key. */
  replace(apps: readonly App[]): void {
    checkDistinct(apps.map(({ options }) => options));
    this.#byId = new Map(apps.map((app) => [app.options.appId, app]));
    this.#byKey = new Map(apps.map((app) => [app.options.key, app]));
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

/** @throws {@link RollcallError} `ROLLCALL_CONFIG` if two apps share an id or a key. */
export function checkDistinct(apps: readonly AppOptions[]): void {
  const ids = new Set(apps.map(({ appId }) => appId));
  const keys = new Set(apps.map(({ key }) => key));
  if (ids.size === apps.length && keys.size === apps.length) return;
  throw new RollcallError(
    'ROLLCALL_CONFIG',
    'two apps have the same appId or key; give each its own',
  );
}
