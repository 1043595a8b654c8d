import { mirrorRules } from '../routing/version-rules.ts';
import type { RoutingSettings } from '../settings/config.ts';
import type { RolloutRules } from './rollout.ts';

/** Returns by which rules the new versions of a service earn their share; undefined if they are not guarded. */
export function rolloutRules(settings: RoutingSettings, prefix: string): RolloutRules | undefined {
  const own = Object.hasOwn(settings.routes, prefix)
    ? settings.routes[prefix]?.versions
    : undefined;
  const { guarded, stepMs, shares = [] } = { ...settings.versions, ...own };
  const mirror = mirrorRules({ ...settings.versions.mirror, ...own?.mirror });
  return guarded && shares.length === 0 ? { stepMs, mirrored: mirror?.version } : undefined;
}
