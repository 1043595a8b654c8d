import type { Resolved } from '@rollcall/runtime/settings';
import { parseHashBy } from '../balancing/hash-key.ts';
import type { HashBy } from '../balancing/hash-key.ts';
import { percent } from '../rollout/words.ts';
import { NOT_COUNTED } from '../rollout/split.ts';
import type { Split } from '../rollout/split.ts';
import type { VERSION_SETTINGS } from '../settings/versions.ts';

type VersionSettings = Resolved<typeof VERSION_SETTINGS>;

/** Which requests are copied, and to which version. */
export type MirrorRules = VersionSettings['mirror'] & { readonly version: string };

/** How a route chooses among versions. */
export interface VersionRules {
  /** Whether it follows what was decided about the versions of its service. */
  readonly isGuarded: boolean;
  /** Milliseconds in which an instance that is new does not count. */
  readonly warmUpMs: number;
  /** Fixed shares; undefined if there are none. */
  readonly fixed: Split | undefined;
  /** Undefined if no request is copied. */
  readonly mirror: MirrorRules | undefined;
  readonly stickyBy: HashBy | undefined;
  readonly pinBy: HashBy | undefined;
}

export function versionRules({
  guarded,
  stepMs,
  shares,
  mirror,
  stickyBy,
  pinBy,
}: VersionSettings): VersionRules {
  const fixed = fixedSplit(shares ?? []);
  return {
    isGuarded: guarded && fixed === undefined,
    warmUpMs: stepMs,
    fixed,
    mirror: mirrorRules(mirror),
    stickyBy: stickyBy === undefined ? undefined : parseHashBy(stickyBy),
    pinBy: pinBy === undefined ? undefined : parseHashBy(pinBy),
  };
}

export function mirrorRules(mirror: VersionSettings['mirror']): MirrorRules | undefined {
  const { version, share } = mirror;
  return version === undefined || share === 0 ? undefined : { ...mirror, version };
}

function fixedSplit(shares: NonNullable<VersionSettings['shares']>): Split | undefined {
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return undefined;
  const groups = shares.map(({ version, weight }) => ({
    versions: [version],
    share: weight / total,
  }));
  return { epoch: NOT_COUNTED, groups };
}

/** Such as: 90 % 1.4, 10 % 1.5; sticky by cookie:session; undefined if new versions are guarded and nothing else is set. */
export function describeVersionRules(rules: VersionRules): string | undefined {
  const { isGuarded, fixed, mirror, stickyBy, pinBy } = rules;
  if (isGuarded && [mirror, stickyBy, pinBy].every((each) => each === undefined)) return undefined;
  const shares = fixed?.groups.map(({ versions, share }) => `${percent(share)} ${versions.join()}`);
  const words = [
    shares === undefined ? (isGuarded ? 'new ones are guarded' : 'not guarded') : shares.join(', '),
    ...(mirror === undefined ? [] : [`${percent(mirror.share)} copied to ${mirror.version}`]),
    ...(stickyBy === undefined ? [] : [`sticky by ${named(stickyBy)}`]),
    ...(pinBy === undefined ? [] : [`chosen by ${named(pinBy)}`]),
  ];
  return words.join('; ');
}

function named(by: HashBy): string {
  return by.type === 'address' ? by.type : `${by.type}:${by.name}`;
}
