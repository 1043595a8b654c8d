import type { Instance } from '@rollcall/client';
import type { AnnouncedPolicy } from '@rollcall/protocol';
import { overlaySettings, resolveSettings } from '@rollcall/runtime/settings';
import type { Resolved, Values } from '@rollcall/runtime/settings';
import { parseHashBy } from '../balancing/hash-key.ts';
import type { HashBy } from '../balancing/hash-key.ts';
import type { RoutingSettings } from '../settings/config.ts';
import { ROUTE_SETTINGS } from '../settings/routing.ts';

type RouteSettings = Resolved<typeof ROUTE_SETTINGS>;

/** How the requests of one route are served. */
export interface RoutePolicy extends RouteSettings {
  /** The key of a request, of `balancing.hashBy`. */
  readonly hashBy: HashBy;
}

const NO_RETRIES = { share: 0, perSecond: 0 };

/**
 * The policy of a route: its own settings, then what its instances ask for within the settings for all, then these.
 */
export function policyOf(
  settings: RoutingSettings,
  prefix: string,
  asked?: AnnouncedPolicy,
): RoutePolicy {
  const { routes } = settings;
  const all = resolveSettings(ROUTE_SETTINGS, settings);
  const granted =
    asked === undefined ? all : overlaySettings(ROUTE_SETTINGS, all, grant(asked, all));
  const own = Object.hasOwn(routes, prefix) ? routes[prefix] : undefined;
  const policy = own === undefined ? granted : overlaySettings(ROUTE_SETTINGS, granted, own);
  return { ...policy, hashBy: parseHashBy(policy.balancing.hashBy) };
}

/** What is asked for, with no limit wider than those for all. */
function grant(
  asked: AnnouncedPolicy,
  { balancing, retries, limits }: RouteSettings,
): Values<typeof ROUTE_SETTINGS> {
  const { maxInFlight = Infinity } = asked;
  const { answerMs = Infinity, totalMs = Infinity, bodyBytes = Infinity } = asked;
  return {
    balancing: {
      policy: asked.balancing ?? balancing.policy,
      hashBy: asked.hashBy ?? balancing.hashBy,
      maxInFlight: Math.min(maxInFlight, balancing.maxInFlight),
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
