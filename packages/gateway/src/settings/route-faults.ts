import { overlaySettings, resolveSettings } from '@rollcall/runtime/settings';
import type { Resolved, Values } from '@rollcall/runtime/settings';
import type { ConfigFacts } from '../filters/filter-kind.ts';
import { filterFaults } from '../filters/filters.ts';
import { pathRuleFaults } from '../filters/rewriting/path-rule.ts';
import { enclosedKeys, inheritedFilters } from '../routing/enclosing.ts';
import type { CONSUMERS_SETTINGS } from './consumers.ts';
import { ROUTE_SETTINGS } from './routing.ts';
import type { ROUTES_ENTRY, ROUTES_SETTINGS, ROUTING_SETTINGS } from './routing.ts';
import { hasIdentity, IDENTITY_NEEDED, needsIdentity, speaksTls } from './upstream-tls.ts';

type RoutingSettings = Resolved<
  typeof ROUTING_SETTINGS & typeof ROUTES_SETTINGS & typeof CONSUMERS_SETTINGS
>;
type RouteSettings = Resolved<typeof ROUTE_SETTINGS>;
type RouteValues = Values<typeof ROUTE_SETTINGS>;
type RouteEntry = Values<typeof ROUTES_ENTRY>;
type CaseEntry = NonNullable<RouteEntry['cases']>[number];

/** A part of the settings that is wrong. */
interface RouteFault {
  readonly path: readonly string[];
  /** The end of a sentence, such as "is empty". */
  readonly problem: string;
}

/**
 * Returns what is wrong with the settings of all and of single routes, beyond what the table of settings can say.
 * @param given what is set for all
 * @param server what the settings of the whole gateway have
 */
export function routeFaults(
  settings: RoutingSettings,
  given: RouteValues,
  server: Omit<ConfigFacts, 'isConsumer'>,
): RouteFault[] {
  const all = resolveSettings(ROUTE_SETTINGS, settings);
  const isConsumer = (name: string): boolean => Object.hasOwn(settings.consumers, name);
  const facts = { isConsumer, ...server };
  const { routes } = settings;
  const below = (): RouteValues[] => withCases(Object.values(routes));
  const faults = policyFaults(all, given, facts, below);
  const enclosed = enclosedKeys(routes);
  const own = Object.entries(routes).flatMap(([key, entry]) =>
    at(
      ['routes', key || '/'],
      entryFaults(entry, around(settings, all, key), facts, () =>
        partsOf(routes, key, enclosed.get(key)),
      ),
    ),
  );
  return [...faults, ...own];
}

/** What holds for a route without its own entry. */
function around({ routes }: RoutingSettings, all: RouteSettings, key: string): RouteSettings {
  return inheritedFilters(routes, key).reduce<RouteSettings>(
    (below, above) => overlaySettings(ROUTE_SETTINGS, below, above),
    all,
  );
}

/** What is set for parts of a route: its cases, and the routes below it. */
function partsOf(
  routes: RoutingSettings['routes'],
  key: string,
  enclosed: readonly string[] = [],
): RouteValues[] {
  const below = enclosed.map((each) => routes[each] ?? {});
  return [...(routes[key]?.cases ?? []), ...withCases(below)];
}

function withCases(entries: readonly RouteEntry[]): RouteValues[] {
  return entries.flatMap((entry) => [entry, ...(entry.cases ?? [])]);
}

function entryFaults(
  entry: RouteEntry,
  below: RouteSettings,
  facts: ConfigFacts,
  parts: () => readonly RouteValues[],
): RouteFault[] {
  const policy = overlaySettings(ROUTE_SETTINGS, below, entry);
  const faults = policyFaults(policy, entry, facts, parts);
  const cases = (entry.cases ?? []).flatMap((each, index) => {
    const own = policyFaults(overlaySettings(ROUTE_SETTINGS, policy, each), each, facts);
    return at(
      ['cases', String(index)],
      [...whenFaults(each), ...serviceFaults(each), ...without(() => faults, own)],
    );
  });
  const inherited = (): RouteFault[] => policyFaults(below, {}, facts);
  return [...serviceFaults(entry), ...without(inherited, faults), ...cases];
}

/** Faults that are inherited are reported where they stand, and only there. */
function without(
  inherited: () => readonly RouteFault[],
  faults: readonly RouteFault[],
): readonly RouteFault[] {
  if (faults.length === 0) return faults;
  const known = new Set(inherited().map(({ path }) => path.join('.')));
  return faults.filter(({ path }) => !known.has(path.join('.')));
}

/** @param parts returns what is set for parts of the route */
function policyFaults(
  policy: RouteSettings,
  given: RouteValues,
  facts: ConfigFacts,
  parts: () => readonly RouteValues[] = () => [],
): RouteFault[] {
  const rewrite = pathRuleFaults(policy.rewrite).map(({ key, problem }) => ({
    path: ['rewrite', key],
    problem,
  }));
  const filters = filterFaults(policy, given, facts, parts).map(({ key, problem }) => ({
    path: key.split('.'),
    problem,
  }));
  return [
    ...rewrite,
    ...filters,
    ...shareFaults(policy.versions),
    ...mirrorFaults(policy.versions, given.versions?.mirror),
  ];
}

function mirrorFaults(
  { mirror: { version, share }, shares = [] }: RouteSettings['versions'],
  given: NonNullable<RouteValues['versions']>['mirror'],
): RouteFault[] {
  const path = ['versions', 'mirror'];
  if (version === undefined)
    return given === undefined ? [] : [{ path, problem: 'needs `versions.mirror.version`' }];
  const receiving = shares.filter(({ weight }) => weight > 0);
  const isAlone = receiving.length > 0 && receiving.every((each) => each.version === version);
  if (!isAlone || share === 0) return [];
  return [{ path: [...path, 'version'], problem: 'receives all requests itself, by `shares`' }];
}

function shareFaults({ shares = [] }: RouteSettings['versions']): RouteFault[] {
  const path = ['versions', 'shares'];
  const names = shares.map(({ version }) => version);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) return [{ path, problem: `names ${twice} twice` }];
  const isEmpty = shares.length > 0 && shares.every(({ weight }) => weight === 0);
  return isEmpty ? [{ path, problem: 'needs a weight above 0' }] : [];
}

function serviceFaults(entry: Omit<RouteEntry, 'cases'>): RouteFault[] {
  const { service, upstreams, health, upstreamTls } = entry;
  if (upstreams?.length === 0) return [{ path: ['upstreams'], problem: 'is empty' }];
  if (upstreams !== undefined && service !== undefined)
    return [{ path: ['upstreams'], problem: 'cannot be used with `service`' }];
  if (health !== undefined && upstreams === undefined)
    return [
      { path: ['health'], problem: 'needs `upstreams`: announced instances announce their own' },
    ];
  if (upstreamTls !== undefined && !upstreams?.every(speaksTls))
    return [{ path: ['upstreamTls'], problem: 'needs `upstreams` by https or h2, and no others' }];
  if (!hasIdentity(upstreamTls) && upstreams?.some(needsIdentity))
    return [{ path: ['upstreams'], problem: `needs \`upstreamTls\`: ${IDENTITY_NEEDED}` }];
  return [];
}

/** A case for every request would hide the route and all cases after it. */
function whenFaults({ when = {} }: CaseEntry): RouteFault[] {
  const { methods = [], headers = {}, query = {} } = when;
  const isEmpty = methods.length + Object.keys(headers).length + Object.keys(query).length === 0;
  return isEmpty ? [{ path: ['when'], problem: 'needs `methods`, `headers` or `query`' }] : [];
}

function at(path: readonly string[], faults: readonly RouteFault[]): RouteFault[] {
  return faults.map(({ path: below, problem }) => ({ path: [...path, ...below], problem }));
}
