import type { Instance } from '@rollcall/client';
import type { AnnouncedPolicy } from '@rollcall/protocol';
import { BALANCING } from '../balancing/balancer.ts';
import type { BalancingRules } from '../balancing/balancer.ts';
import { parseHashBy } from '../balancing/hash-key.ts';
import { EJECTION } from '../balancing/ejection.ts';
import type { EjectionRules } from '../balancing/ejection.ts';
import { RETRIES } from '../balancing/retry-budget.ts';
import type { RetryRules } from '../balancing/retry-budget.ts';
import { LIMITS } from '@rollcall/proxy';
import type { Limits, RouteLimits } from '@rollcall/proxy';

/** How the requests of one route are served. */
export interface RoutePolicy {
  /** Whether the prefix is taken off the path. Default: it is. */
  readonly strip: boolean;
  readonly balancing: BalancingRules;
  readonly ejection: EjectionRules;
  readonly retries: RetryRules;
  readonly limits: RouteLimits;
}

/** What of a policy is other than the defaults: plain data. */
interface RouteSettings {
  readonly strip?: boolean;
  readonly balancing?: Partial<BalancingRules>;
  readonly ejection?: Partial<EjectionRules>;
  readonly retries?: Partial<RetryRules>;
  readonly limits?: Partial<RouteLimits>;
}

/** How requests are served, all of them and those of some routes. */
export interface RoutingSettings extends RouteSettings {
  readonly limits?: Partial<Limits>;
  /** By canonical prefix: where a route has nothing to say, it is as for all. */
  readonly routes?: Readonly<Record<string, RouteSettings>>;
}

const DEFAULTS: RoutePolicy = {
  strip: true,
  balancing: BALANCING,
  ejection: EJECTION,
  retries: RETRIES,
  limits: LIMITS,
};

const NO_RETRIES: RetryRules = { share: 0, perSecond: 0 };

/**
 * The policy of a route: its own settings, then what an instance of it has asked for, as far as those for all
 * allow it, then those for all, then the defaults.
 */
export function policyOf(
  settings: RoutingSettings,
  prefix: string,
  asked?: AnnouncedPolicy,
): RoutePolicy {
  const { routes = {} } = settings;
  const own = Object.hasOwn(routes, prefix) ? routes[prefix] : undefined;
  const all = overlaid(DEFAULTS, settings);
  const granted = asked === undefined ? all : overlaid(all, grant(asked, all));
  return own === undefined ? granted : overlaid(granted, own);
}

function overlaid(below: RoutePolicy, above: RouteSettings): RoutePolicy {
  return {
    strip: above.strip ?? below.strip,
    balancing: { ...below.balancing, ...above.balancing },
    ejection: { ...below.ejection, ...above.ejection },
    retries: { ...below.retries, ...above.retries },
    limits: { ...below.limits, ...above.limits },
  };
}

/** What is asked for, no limit of it wider than those for all. */
function grant(asked: AnnouncedPolicy, { balancing, retries, limits }: RoutePolicy): RouteSettings {
  const { maxInFlight: mostInFlight = Infinity, hashBy } = asked;
  const { answerMs = Infinity, totalMs = Infinity, bodyBytes = Infinity } = asked;
  return {
    balancing: {
      policy: asked.balancing ?? balancing.policy,
      hashBy: hashBy === undefined ? balancing.hashBy : parseHashBy(hashBy),
      maxInFlight: Math.min(mostInFlight, balancing.maxInFlight),
    },
    retries: asked.retries === false ? NO_RETRIES : retries,
    limits: {
      answerMs: Math.min(answerMs, limits.answerMs),
      totalMs: Math.min(totalMs, limits.totalMs),
      bodyBytes: Math.min(bodyBytes, limits.bodyBytes),
    },
  };
}

/**
 * What the instances of a prefix ask for: that of the one that began last, so that with a new version of a service
 * its policy comes, and goes. Of several that began at once, that of the lowest key.
 */
export function askedBy(instances: readonly Instance[]): AnnouncedPolicy | undefined {
  let [last] = instances;
  for (const each of instances) if (last !== undefined && isLater(each, last)) last = each;
  return last?.announcement.policy;
}

function isLater(one: Instance, other: Instance): boolean {
  const { inc = 0 } = one.announcement;
  const { inc: otherInc = 0 } = other.announcement;
  return inc > otherInc || (inc === otherInc && one.key < other.key);
}
