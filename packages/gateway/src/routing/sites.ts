import { hostOf } from './domain.ts';
import type { DomainMatcher } from './domain.ts';
import { parseRouteKey, routeKey } from './route-key.ts';

/** The routes of one host, of all hosts below a domain, or of the gateway's own hosts. */
export interface Site {
  /** Whether a prefix is a route. Undefined for the gateway's own hosts, where announced prefixes are routes, too. */
  readonly hasRoute: ((prefix: string) => boolean) | undefined;
  /** Returns the key of the route of a prefix. */
  readonly keyOf: (prefix: string) => string;
}

/** Returns the sites of a Host, in the order in which they are searched; none if the gateway does not serve it. */
export type FindSites = (hostHeader: string) => readonly Site[];

const NO_SITES: readonly Site[] = [];
const OWN_SITES: readonly Site[] = [{ hasRoute: undefined, keyOf: (prefix) => prefix }];

/**
 * Compiles the hosts of routes: a host's own routes come first, then those of the longest wildcard, and so on, and last
 * those without a host, if it is one of the gateway's own.
 *
 * @param keys canonical keys of routes; of them, those without a host do not matter
 */
export function compileSites(keys: readonly string[], isOwnHost: DomainMatcher): FindSites {
  const sites = new Map<string, Site>();
  for (const [host, prefixes] of prefixesByHost(keys)) sites.set(host, siteOf(host, prefixes));
  const ownOf = (header: string): readonly Site[] => (isOwnHost(header) ? OWN_SITES : NO_SITES);
  if (sites.size === 0) return lastRemembered(ownOf);
  return lastRemembered((header) => [...namedSites(sites, hostOf(header)), ...ownOf(header)]);
}

function prefixesByHost(keys: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const key of keys) {
    const { host = '', prefix = '' } = parseRouteKey(key) ?? {};
    if (host !== '') found.set(host, (found.get(host) ?? new Set()).add(prefix));
  }
  return found;
}

function siteOf(host: string, prefixes: ReadonlySet<string>): Site {
  return {
    hasRoute: (prefix) => prefixes.has(prefix),
    keyOf: (prefix) => routeKey({ host, prefix }),
  };
}

/** The sites that name a host: exactly, then by a wildcard, the longest first. */
function namedSites(sites: ReadonlyMap<string, Site>, host: string | undefined): Site[] {
  if (host === undefined) return [];
  const found = [sites.get(host)];
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1))
    found.push(sites.get(`*${host.slice(dot)}`));
  return found.filter((each) => each !== undefined);
}

/** Most requests have the same Host as the one before: saves 0.2 of 16 µs a request. */
function lastRemembered(find: FindSites): FindSites {
  let last = '';
  let sites = find(last);
  return (header) => {
    if (header !== last) {
      sites = find(header);
      last = header;
    }
    return sites;
  };
}
