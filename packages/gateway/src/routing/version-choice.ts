import type { Instance } from '@rollcall/client';
import type { RequestView } from '@rollcall/proxy';
import { hashOf } from '../balancing/policies/hash-ring.ts';
import { hashKey, namedKey } from '../balancing/hash-key.ts';
import type { HashBy } from '../balancing/hash-key.ts';
import { EvidenceCollector } from '../rollout/evidence.ts';
import type { Evidence, Outcome } from '../rollout/evidence.ts';
import { splitWithout } from '../rollout/split.ts';
import type { Split } from '../rollout/split.ts';
import type { RoutePolicy } from './policy.ts';
import type { RoutedService } from './routed-service.ts';

/** Which version a request is for. Others serve it if no instance of that version can. */
export interface VersionChoice {
  /** @param isRetry whether the request has failed at another instance */
  wants(instance: Instance, isRetry: boolean): boolean;
  /** Notes what became of the request at the first instance. */
  record(instance: Instance, outcome: Outcome): void;
}

/** What a choice depends on besides the request. */
interface ChoosingRoute {
  readonly policy: Pick<RoutePolicy, 'versionRules' | 'hashBy'>;
  readonly service: Pick<RoutedService, 'name' | 'instances'>;
  readonly balancer: { readonly needsHashKey: boolean };
}

/** Chooses a version for each request, and collects what became of it. */
export class VersionChooser {
  readonly #splits = new Map<string, Split>();
  readonly #evidence = new EvidenceCollector();
  readonly #random: () => number;

  /** @param random returns a number from 0 to 1, as Math.random does */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Shares the requests of a service among versions from now on; undefined ends that. */
  split(service: string, split: Split | undefined): void {
    if (split === undefined) this.#splits.delete(service);
    else this.#splits.set(service, split);
  }

  /** Returns what was observed since the last time. */
  takeEvidence(): Evidence[] {
    return this.#evidence.take();
  }

  /** Returns the version for a request; undefined if any will do. */
  choose(route: ChoosingRoute, request: RequestView): VersionChoice | undefined {
    const { isGuarded, fixed, pinBy, mirror } = route.policy.versionRules;
    const splits = this.#splits;
    const isPlain = pinBy === undefined && fixed === undefined && mirror === undefined;
    if (isPlain && (!isGuarded || splits.size === 0)) return undefined;
    const service = route.service.name;
    const pinned = pinBy && this.#pinned(pinBy, route, request);
    if (pinned !== undefined) return pinned;
    const guarded = isGuarded ? splits.get(service) : undefined;
    const split =
      fixed ?? (mirror === undefined ? guarded : guarded && splitWithout(guarded, mirror.version));
    if (split === undefined) return mirror && anyBut(mirror.version);
    const key = stickyKey(route, request);
    const group = groupAt(split, key === undefined ? this.#random() : key / 2 ** 32);
    return new SplitChoice(service, split, { group, key }, this.#evidence);
  }

  #pinned(by: HashBy, { service }: ChoosingRoute, request: RequestView): VersionChoice | undefined {
    const version = namedKey(by, request);
    if (version === undefined || !service.instances.some((each) => versionOf(each) === version))
      return undefined;
    return { wants: (instance) => versionOf(instance) === version, record: () => {} };
  }
}

/** Any version but one, of which a request was not chosen to be observed. */
function anyBut(version: string): VersionChoice {
  return { wants: (instance) => versionOf(instance) !== version, record: () => {} };
}

/** A number below 2^32 that decides for one of the groups, if the client of the request is sticky. */
function stickyKey({ policy, balancer }: ChoosingRoute, request: RequestView): number | undefined {
  const by = policy.versionRules.stickyBy ?? (balancer.needsHashKey ? policy.hashBy : undefined);
  // Of the version: otherwise only some keys of a ring would be at the new one.
  return by && hashOf(`version ${hashKey(by, request)}`);
}

/** What a request of a split is for, and the key that it was shared by, if not by chance. */
interface ChosenGroup {
  readonly group: number;
  readonly key: number | undefined;
}

/** A request that is for one group of a split. */
class SplitChoice implements VersionChoice {
  readonly #service: string;
  readonly #split: Split;
  readonly #chosen: ChosenGroup;
  readonly #evidence: EvidenceCollector;

  constructor(service: string, split: Split, chosen: ChosenGroup, evidence: EvidenceCollector) {
    this.#service = service;
    this.#split = split;
    this.#chosen = chosen;
    this.#evidence = evidence;
  }

  /** What failed at a new version is retried at an old one. */
  wants(instance: Instance, isRetry: boolean): boolean {
    const { groups } = this.#split;
    return (
      groups[isRetry ? 0 : this.#chosen.group]?.versions.includes(versionOf(instance)) === true
    );
  }

  record(instance: Instance, outcome: Outcome): void {
    if (this.#split.epoch === 0 || !this.wants(instance, false)) return;
    const { group, key } = this.#chosen;
    this.#evidence.record(this.#service, this.#split, group, outcome, key);
  }
}

/** The new versions come first, so that a client that is at one stays there while its share grows. */
function groupAt({ groups }: Split, position: number): number {
  let rest = position;
  for (let index = 1; index < groups.length; index++) {
    rest -= groups[index]?.share ?? 0;
    if (rest < 0) return index;
  }
  return 0;
}

/** `''` stands for instances that announce none. */
export function versionOf({ announcement }: Instance): string {
  return announcement.version ?? '';
}
