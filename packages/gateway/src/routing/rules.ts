import { resolveSettings } from '@rollcall/runtime/settings';
import { createFilters } from '../filters/filters.ts';
import type { RoutingSettings } from '../settings/config.ts';
import { ROUTE_SETTINGS } from '../settings/routing.ts';
import { matchDomain } from './domain.ts';
import { policyOf } from './policy.ts';
import type { RoutingRules } from './router.ts';

/** Turns settings into the rules that a router works by. */
export function routingRules(settings: RoutingSettings): RoutingRules {
  const { domain = 'localhost', routes } = settings;
  const redirects = Object.keys(routes).filter((prefix) => routes[prefix]?.redirect !== undefined);
  const configured = new Set(redirects);
  return {
    isOwnHost: matchDomain(domain),
    policyOf: (prefix, announced) => policyOf(settings, prefix, announced),
    // A redirect needs no instance, so its prefix is a route even before a service registers it.
    hasRoute: (prefix) => configured.has(prefix),
    filters: createFilters(resolveSettings(ROUTE_SETTINGS, settings)),
  };
}
