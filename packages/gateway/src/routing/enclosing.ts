import type { Values } from '@rollcall/runtime/settings';
import { FILTER_SETTINGS } from '../filters/filters.ts';
import type { ROUTE_SETTINGS, ROUTES_ENTRY } from '../settings/routing.ts';
import { parseRouteKey, routeKey } from './route-key.ts';

type Routes = Readonly<Record<string, Values<typeof ROUTES_ENTRY>>>;

/**
 * Returns the keys of the entries that enclose a route, from the outermost in: those of the same host with a shorter
 * prefix of the same path.
 *
 * @param key canonical, as those of the entries
 */
export function enclosingKeys(routes: Routes, key: string): string[] {
  const { host = '', prefix = '' } = parseRouteKey(key) ?? {};
  // Looked up instead of searched for: of thousands of routes, each would visit all others.
  return prefixesAbove(prefix)
    .map((above) => routeKey({ host, prefix: above }))
    .filter((each) => Object.hasOwn(routes, each));
}

/** Returns the keys of the entries that each entry encloses: those of the same host with a longer prefix of the same path. */
export function enclosedKeys(routes: Routes): ReadonlyMap<string, readonly string[]> {
  const enclosed = new Map<string, string[]>();
  for (const key of Object.keys(routes))
    for (const above of enclosingKeys(routes, key)) {
      const keys = enclosed.get(above);
      if (keys === undefined) enclosed.set(above, [key]);
      else keys.push(key);
    }
  return enclosed;
}

/** Returns `''` and `/a` for `/a/b`. */
function prefixesAbove(prefix: string): string[] {
  const ends = Array.from(prefix.matchAll(/\//g), ({ index }) => index);
  return ends.map((end) => prefix.slice(0, end));
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
