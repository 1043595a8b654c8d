import { isDeepStrictEqual } from 'node:util';
import { leavesOf } from './leaves.ts';
import type { Setting, Settings } from './setting.ts';
import type { PerRoute, Reloading, Values } from './values.ts';

/** The settings that take effect while the program runs. */
export function reloading<G extends Settings>(settings: G): Reloading<G> {
  const entries = Object.entries(settings).filter(([, { reloads }]) => reloads);
  return Object.fromEntries(entries) as Reloading<G>;
}

/** Returns the values whose settings are in a table. */
export function valuesOf<G extends Settings>(settings: G, values: object): Values<G> {
  const entries = Object.entries(values).filter(([key]) => Object.hasOwn(settings, key));
  return Object.fromEntries(entries) as Values<G>;
}

/** The settings of which a route may have its own value. */
export function perRoute<G extends Settings>(settings: G): PerRoute<G> {
  return selected(settings) as PerRoute<G>;
}

function selected(settings: Settings): Settings {
  const entries = Object.entries(settings).flatMap(([key, setting]): [string, Setting][] => {
    if (setting.perRoute) return [[key, setting]];
    if (setting.type !== 'group') return [];
    const own = selected(setting.settings);
    return Object.keys(own).length === 0 ? [] : [[key, { ...setting, settings: own }]];
  });
  return Object.fromEntries(entries);
}

/** The names of the settings that differ and do not change while the program runs. */
export function fixedChanges(settings: Settings, before: object, after: object): string[] {
  return leavesOf(settings)
    .filter(
      ({ path, reloads }) => !reloads && !isDeepStrictEqual(at(before, path), at(after, path)),
    )
    .map(({ path }) => path.join('.'));
}

function at(values: object, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<string, unknown> | undefined)?.[key],
    values,
  );
}
