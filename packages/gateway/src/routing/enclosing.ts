import type { Values } from '@rollcall/runtime/settings';
import { FILTER_SETTINGS } from '../filters/filters.ts';
import type { ROUTE_SETTINGS, ROUTES_ENTRY } from '../settings/routing.ts';
import { parseRouteKey } from './route-key.ts';

type Routes = Readonly<Record<string, Values<typeof ROUTES_ENTRY>>>;

/**
 * Returns the keys of the entries that enclose a route, from the outermost in: those of the same host with a shorter
 * prefix of the same path.
 *
 * @param key canonical, as those of the entries
 */
export function enclosingKeys(routes: Routes, key: string): string[] {
  const { host = '', prefix = '' } = parseRouteKey(key) ?? {};
  return Object.keys(routes)
    .filter((each) => {
      const other = parseRouteKey(each);
      return other?.host === host && prefix.startsWith(`${other.prefix}/`);
    })
    .toSorted((one, other) => one.length - other.length);
}

/** Returns the keys of the entries that a route encloses: those of the same host with a longer prefix of the same path. */
export function enclosedKeys(routes: Routes, key: string): string[] {
  const { host = '', prefix = '' } = parseRouteKey(key) ?? {};
  return Object.keys(routes).filter((each) => {
    const other = parseRouteKey(each);
    return other?.host === host && other.prefix.startsWith(`${prefix}/`);
  });
}

/**
 * Returns what a route has from the entries that enclose it: their filters. A redirect is a way to serve one route, as
 * are instances, paths and limits.
 */
export function inheritedFilters(routes: Routes, key: string): Values<typeof ROUTE_SETTINGS>[] {
  return enclosingKeys(routes, key).map((each) =>
    Object.fromEntries(Object.entries(routes[each] ?? {}).filter(([name]) => isInherited(name))),
  );
}

function isInherited(name: string): boolean {
  return name !== 'redirect' && Object.hasOwn(FILTER_SETTINGS, name);
}
