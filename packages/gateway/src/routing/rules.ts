import { Consumers } from '../filters/consumers.ts';
import type { FilterContext, FilterServices } from '../filters/filter-context.ts';
import { createFilters } from '../filters/filters.ts';
import type { RoutingSettings } from '../settings/config.ts';
import { matchDomain } from './domain.ts';
import { policyOf } from './policy.ts';
import type { RoutingRules } from './router.ts';

/** Turns settings into the rules that a router works by. */
export function routingRules(settings: RoutingSettings, services: FilterServices): RoutingRules {
  const context = filterContext(settings, services);
  const { routes } = settings;
  const configured = new Set(Object.keys(routes).filter((prefix) => hasRoute(settings, prefix)));
  return {
    isOwnHost: matchDomain(settings.domain ?? 'localhost'),
    policyOf: (prefix, announced) => policyOf(settings, context, prefix, announced),
    hasRoute: (prefix) => configured.has(prefix),
    filters: createFilters(settings, context),
  };
}

/** Returns what the filters of a configuration have besides their settings. */
export function filterContext(
  { consumers }: Pick<RoutingSettings, 'consumers'>,
  services: FilterServices,
): FilterContext {
  return { ...services, consumers: new Consumers(consumers) };
}

/** A redirect needs no instance, so its prefix is a route even if no service registers it. */
function hasRoute({ routes }: RoutingSettings, prefix: string): boolean {
  return Object.hasOwn(routes, prefix) && routes[prefix]?.redirect !== undefined;
}
