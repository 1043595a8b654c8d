import { createFilters } from '../filters/filters.ts';
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

/** A redirect needs no instance, so its prefix is a route even if no service registers it. */
function hasRoute({ routes }: RoutingSettings, prefix: string): boolean {
  return Object.hasOwn(routes, prefix) && routes[prefix]?.redirect !== undefined;
}
