import type { Instance } from '@rollcall/client';
import type { AnnouncedPolicy } from '@rollcall/protocol';
import type { Filter } from '@rollcall/proxy';
import { overlaySettings, resolveSettings } from '@rollcall/runtime/settings';
import type { Resolved, Values } from '@rollcall/runtime/settings';
import { parseHashBy } from '../balancing/hash-key.ts';
import type { HashBy } from '../balancing/hash-key.ts';
import type { FilterContext } from '../filters/filter-context.ts';
import { createFilters } from '../filters/filters.ts';
import type { RoutingSettings } from '../settings/config.ts';
import { ROUTE_SETTINGS } from '../settings/routing.ts';
import { compileRewrite } from './rewrite.ts';
import type { Rewrite } from './rewrite.ts';
import { versionRules } from './version-rules.ts';
import type { VersionRules } from './version-rules.ts';

type RouteSettings = Resolved<typeof ROUTE_SETTINGS>;

/** What a route or a case sets itself. */
export type RouteValues = Values<typeof ROUTE_SETTINGS>;

/** How the requests of one route are served. */
export interface RoutePolicy extends RouteSettings {
  /** `balancing.hashBy`, parsed. */
  readonly hashBy: HashBy;
  /** `versions`, compiled. */
  readonly versionRules: VersionRules;
  /** Returns the target for instances; undefined if the path stays as it is. */
  readonly rewritten: Rewrite | undefined;
  /** What requests and responses of the route pass, in this order. */
  readonly filters: readonly Filter[];
}

const NO_RETRIES = { share: 0, perSecond: 0 };

/**
 * Returns the policy of a route: its own settings, then what its instances announce within the settings for all, then
 * these.
 *
 * @param own what the route sets itself, and then what its case does
 */
export function policyOf(
  settings: RoutingSettings,
  context: FilterContext,
  own: readonly RouteValues[],
  announced?: AnnouncedPolicy,
): RoutePolicy {
  const all = resolveSettings(ROUTE_SETTINGS, settings);
  const granted =
    announced === undefined ? all : overlaySettings(ROUTE_SETTINGS, all, grant(announced, all));
  const policy = own.reduce<RouteSettings>(
    (below, above) => overlaySettings(ROUTE_SETTINGS, below, above),
    granted,
  );
  return {
    ...policy,
    hashBy: parseHashBy(policy.balancing.hashBy),
    versionRules: versionRules(policy.versions),
    rewritten: compileRewrite(policy.rewrite),
    filters: createFilters(policy, context),
  };
}

/** Returns what is announced, with no limit wider than those for all. */
function grant(
  announced: AnnouncedPolicy,
  { strip, balancing, retries, limits }: RouteSettings,
): Values<typeof ROUTE_SETTINGS> {
  const { maxInFlight = Infinity } = announced;
  const { answerMs = Infinity, totalMs = Infinity, bodyBytes = Infinity } = announced;
  return {
    strip: announced.strip ?? strip,
    balancing: {
      policy: announced.balancing ?? balancing.policy,
      hashBy: announced.hashBy ?? balancing.hashBy,
      maxInFlight: Math.min(maxInFlight, balancing.maxInFlight),
    },
    retries: announced.retries === false ? NO_RETRIES : retries,
    limits: {
      answerMs: Math.min(answerMs, limits.answerMs),
      totalMs: Math.min(totalMs, limits.totalMs),
      bodyBytes: Math.min(bodyBytes, limits.bodyBytes),
    },
  };
}

/**
 * Returns the policy that the instances of a prefix announce: that of the instance that started last, so that a new
 * version of a service brings its policy. Of several that started at once, that of the lowest key.
 */
export function announcedPolicy(instances: readonly Instance[]): AnnouncedPolicy | undefined {
  let [last] = instances;
  for (const each of instances) if (last !== undefined && isLater(each, last)) last = each;
  return last?.announcement.policy;
}

function isLater(one: Instance, other: Instance): boolean {
  const { inc = 0 } = one.announcement;
  const { inc: otherInc = 0 } = other.announcement;
  return inc > otherInc || (inc === otherInc && one.key < other.key);
}
