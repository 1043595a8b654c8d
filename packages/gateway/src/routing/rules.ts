import { createFilters, describeFilters } from '../filters/filters.ts';
import type { FilterView } from '../filters/filters.ts';
import { routeSettings } from '../settings/config.ts';
import type { RoutingSettings } from '../settings/config.ts';
import { matchDomain } from './domain.ts';
import { policyOf } from './policy.ts';
import type { RoutingRules } from './router.ts';

/** Turns settings into the rules that a router works by. */
export function routingRules(settings: RoutingSettings): RoutingRules {
  const { routes } = settings;
  const configured = new Set(Object.keys(routes).filter((prefix) => hasRoute(settings, prefix)));
  return {
    isOwnHost: matchDomain(settings.domain ?? 'localhost'),
    policyOf: (prefix, announced) => policyOf(settings, prefix, announced),
    hasRoute: (prefix) => configured.has(prefix),
    filters: createFilters(settings),
  };
}

/** What a configuration says about routes, for people. */
export interface ConfiguredRoutes {
  /** Whether the configuration makes a prefix a route, though no service has registered it. */
  hasRoute(prefix: string): boolean;
  /** Returns the filters of a route, in the order in which requests pass them. */
  filtersOf(prefix: string): readonly FilterView[];
}

/** @param settings returns the settings of this moment */
export function configuredRoutes(settings: () => RoutingSettings): ConfiguredRoutes {
  return {
    hasRoute: (prefix) => hasRoute(settings(), prefix),
    filtersOf: (prefix) => describeFilters(routeSettings(settings(), prefix)),
  };
}

/** A redirect needs no instance, so its prefix is a route even if no service registers it. */
function hasRoute({ routes }: RoutingSettings, prefix: string): boolean {
  return Object.hasOwn(routes, prefix) && routes[prefix]?.redirect !== undefined;
}
