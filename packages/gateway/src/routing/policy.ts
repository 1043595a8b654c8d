import { BALANCING } from '../balancing/balancer.ts';
import type { BalancingRules } from '../balancing/balancer.ts';
import { EJECTION } from '../balancing/ejection.ts';
import type { EjectionRules } from '../balancing/ejection.ts';
import { RETRIES } from '../balancing/retry-budget.ts';
import type { RetryRules } from '../balancing/retry-budget.ts';
import { LIMITS } from '../proxy/limits.ts';
import type { Limits, RouteLimits } from '../proxy/limits.ts';

/** How the requests of one route are served. */
export interface RoutePolicy {
  readonly balancing: BalancingRules;
  readonly ejection: EjectionRules;
  readonly retries: RetryRules;
  readonly limits: RouteLimits;
}

/** What of a policy is other than the defaults: plain data. */
interface RouteSettings {
  readonly balancing?: Partial<BalancingRules>;
  readonly ejection?: Partial<EjectionRules>;
  readonly retries?: Partial<RetryRules>;
  readonly limits?: Partial<RouteLimits>;
}

/** How requests are served, all of them and those of some routes. */
export interface ServingSettings extends RouteSettings {
  readonly limits?: Partial<Limits>;
  /** By canonical prefix: where a route has nothing to say, it is as for all. */
  readonly routes?: Readonly<Record<string, RouteSettings>>;
}

/** The policy of a route: its own settings, then those for all, then the defaults. */
export function policyOf(settings: ServingSettings, prefix: string): RoutePolicy {
  const { routes = {} } = settings;
  const own = Object.hasOwn(routes, prefix) ? routes[prefix] : undefined;
  return {
    balancing: { ...BALANCING, ...settings.balancing, ...own?.balancing },
    ejection: { ...EJECTION, ...settings.ejection, ...own?.ejection },
    retries: { ...RETRIES, ...settings.retries, ...own?.retries },
    limits: { ...LIMITS, ...settings.limits, ...own?.limits },
  };
}
