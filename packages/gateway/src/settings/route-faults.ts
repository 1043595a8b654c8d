import { overlaySettings, resolveSettings } from '@rollcall/runtime/settings';
import type { Resolved, Values } from '@rollcall/runtime/settings';
import type { FilterFault } from '../filters/filter-kind.ts';
import { filterFaults } from '../filters/filters.ts';
import { pathRuleFaults } from '../filters/path-rule.ts';
import { ROUTE_SETTINGS } from './routing.ts';
import type { ROUTES_ENTRY, ROUTES_SETTINGS, ROUTING_SETTINGS } from './routing.ts';

type RoutingSettings = Resolved<typeof ROUTING_SETTINGS & typeof ROUTES_SETTINGS>;
type RouteSettings = Resolved<typeof ROUTE_SETTINGS>;
type RouteEntry = Values<typeof ROUTES_ENTRY>;
type CaseEntry = NonNullable<RouteEntry['cases']>[number];

/** Returns what is wrong with the settings of all and of single routes, beyond what the table of settings can say. */
export function routeFaults(settings: RoutingSettings): FilterFault[] {
  const all = resolveSettings(ROUTE_SETTINGS, settings);
  const faults = policyFaults(all);
  const known = new Set(faults.map(({ key }) => key));
  const own = Object.entries(settings.routes).flatMap(([key, entry]) =>
    at(`routes.${key || '/'}`, entryFaults(entry, all)).filter(
      ({ key: full }) => !known.has(full.slice(`routes.${key || '/'}.`.length)),
    ),
  );
  return [...faults, ...own];
}

function entryFaults(entry: RouteEntry, all: RouteSettings): FilterFault[] {
  const policy = overlaySettings(ROUTE_SETTINGS, all, entry);
  const faults = [...serviceFaults(entry), ...policyFaults(policy)];
  const known = new Set(faults.map(({ key }) => key));
  const cases = (entry.cases ?? []).flatMap((each, index) => {
    const own = policyFaults(overlaySettings(ROUTE_SETTINGS, policy, each));
    const news = own.filter(({ key }) => !known.has(key));
    return at(`cases.${index}`, [...whenFaults(each), ...serviceFaults(each), ...news]);
  });
  return [...faults, ...cases];
}

function policyFaults(policy: RouteSettings): FilterFault[] {
  return [...at('rewrite', pathRuleFaults(policy.rewrite)), ...filterFaults(policy)];
}

function serviceFaults({ service, upstreams, health }: Omit<RouteEntry, 'cases'>): FilterFault[] {
  if (upstreams?.length === 0) return [{ key: 'upstreams', problem: 'is empty' }];
  if (upstreams !== undefined && service !== undefined)
    return [{ key: 'upstreams', problem: 'cannot be used with `service`' }];
  if (health !== undefined && upstreams === undefined)
    return [
      { key: 'health', problem: 'needs `upstreams`: announced instances announce their own' },
    ];
  return [];
}

/** A case for every request would hide the route and all cases after it. */
function whenFaults({ when = {} }: CaseEntry): FilterFault[] {
  const { methods = [], headers = {}, query = {} } = when;
  const isEmpty = methods.length + Object.keys(headers).length + Object.keys(query).length === 0;
  return isEmpty ? [{ key: 'when', problem: 'needs `methods`, `headers` or `query`' }] : [];
}

function at(path: string, faults: readonly FilterFault[]): FilterFault[] {
  return faults.map(({ key, problem }) => ({ key: `${path}.${key}`, problem }));
}
