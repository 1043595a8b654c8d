import type { Change, Directory, Instance } from '@rollcall/client';
import type { VersionEvent } from '@rollcall/protocol';
import type { Evidence } from './evidence.ts';
import { Rollout } from './rollout.ts';
import type { PresentVersion, RolloutRules } from './rollout.ts';
import type { Split } from './split.ts';
import type { SavedVersion, VersionChange, VersionState, VersionView } from './version-state.ts';
import { VersionCounts } from './version-counts.ts';

/** What was decided about the versions of one service, to outlive the process. */
export interface SavedRollout {
  readonly prefix: string;
  readonly versions: readonly SavedVersion[];
}

export interface RolloutsOptions {
  readonly directory: Pick<Directory, 'instances' | 'routable'>;
  /** Returns the rules of a service; undefined if its versions are not guarded. */
  readonly rulesOf: (prefix: string) => RolloutRules | undefined;
  readonly saved: readonly SavedRollout[];
  /** Monotonic milliseconds, as the times of instances. */
  readonly now: () => number;
  /** Add it to that clock to get milliseconds since 1970. */
  readonly epoch: () => number;
  /** Has requests shared so from now on. */
  readonly onSplit: (prefix: string, split: Split | undefined) => void;
}

interface Service {
  readonly rollout: Rollout;
  /** Whether its instances changed since the last look. */
  isStale: boolean;
  split: Split | undefined;
}

/**
 * Follows the versions of all services. A change of an instance costs a count, unless it is the first or the last one of
 * its version.
 */
export class Rollouts {
  readonly #options: RolloutsOptions;
  /** What was decided about services that are not followed at this moment. */
  readonly #saved: Map<string, readonly SavedVersion[]>;
  readonly #counts = new VersionCounts();
  readonly #services = new Map<string, Service>();
  /** Services that time or evidence may change. */
  readonly #active = new Set<string>();
  readonly #listeners = new Set<(event: VersionEvent) => void>();

  constructor(options: RolloutsOptions) {
    this.#options = options;
    this.#saved = new Map(options.saved.map(({ prefix, versions }) => [prefix, versions]));
    const instances = options.directory.instances();
    for (const instance of instances) this.#counts.set(instance);
    for (const prefix of this.#counts.prefixes()) this.#look(prefix);
  }

  /** Calls the listener when something is decided about a version. */
  listen(listener: (event: VersionEvent) => void): void {
    this.#listeners.add(listener);
  }

  /** Takes in a change of the table, before requests are routed by it. */
  apply({ type, instance }: Change): void {
    const isGone = type === 'left' || type === 'forgotten';
    const changed = isGone ? this.#counts.delete(instance.key) : this.#counts.set(instance);
    const service = this.#services.get(instance.announcement.prefix);
    if (service !== undefined) service.isStale = true;
    for (const prefix of changed) this.#look(prefix);
  }

  /** Nothing is kept of a service that is not known any more. */
  forgetPrefix(prefix: string): void {
    this.#drop(prefix);
    this.#saved.delete(prefix);
  }

  /** Takes in what requests have shown, about once a second. */
  tick(evidence: readonly Evidence[]): void {
    const now = this.#options.now();
    for (const prefix of this.#active) {
      const service = this.#services.get(prefix);
      if (service === undefined) continue;
      if (service.isStale) this.#look(prefix);
      const own = evidence.filter((each) => each.service === prefix);
      this.#apply(prefix, service, service.rollout.tick(own, now));
    }
  }

  /** The rules may have changed. */
  configure(): void {
    for (const prefix of this.#counts.prefixes()) this.#look(prefix);
  }

  /**
   * A person decides about a version.
   * @returns undefined if the service has no such version
   */
  decide(prefix: string, version: string, state: VersionState): VersionView | undefined {
    const service = this.#services.get(prefix);
    const change = service?.rollout.decide(version, state, this.#options.now());
    if (service === undefined || change === undefined) return undefined;
    this.#apply(prefix, service, [change]);
    return service.rollout.views().find((each) => each.version === version);
  }

  /** Returns the versions of a service if there is, or was, a choice among them. */
  of(prefix: string): readonly VersionView[] {
    const versions = this.#services.get(prefix)?.rollout.views() ?? [];
    const isPlain = versions.length < 2 && versions.every(({ state }) => state === 'accepted');
    return isPlain ? [] : versions;
  }

  /** Whether an instance receives nothing because its version is held back. */
  isHeld({ announcement: { prefix, version = '' } }: Instance): boolean {
    const groups = this.#services.get(prefix)?.split?.groups ?? [];
    return groups.some(({ versions, share }) => share === 0 && versions.includes(version));
  }

  prefixes(): Iterable<string> {
    return this.#services.keys();
  }

  /** What was decided, of services that announce versions: also while they are not followed. */
  export(): SavedRollout[] {
    const decided = new Map(this.#saved);
    for (const [prefix, { rollout }] of this.#services) decided.set(prefix, rollout.export());
    return Array.from(decided, ([prefix, versions]) => ({ prefix, versions })).filter(
      ({ versions }) => versions.some(({ version }) => version !== ''),
    );
  }

  /** Looks which versions of a service there are. */
  #look(prefix: string): void {
    const rules = this.#options.rulesOf(prefix);
    if (rules === undefined) {
      this.#drop(prefix);
      return;
    }
    const now = this.#options.now();
    const service = this.#services.get(prefix) ?? this.#add(prefix, rules);
    service.isStale = false;
    service.rollout.configure(rules);
    this.#apply(prefix, service, service.rollout.update(this.#present(prefix), now));
  }

  #add(prefix: string, rules: RolloutRules): Service {
    const rollout = new Rollout(rules, this.#saved.get(prefix) ?? [], this.#options.now());
    const service = { rollout, isStale: false, split: undefined };
    this.#services.set(prefix, service);
    return service;
  }

  #drop(prefix: string): void {
    const service = this.#services.get(prefix);
    if (service === undefined) return;
    this.#saved.set(prefix, service.rollout.export());
    this.#services.delete(prefix);
    this.#active.delete(prefix);
    if (service.split !== undefined) this.#options.onSplit(prefix, undefined);
  }

  #apply(prefix: string, service: Service, changes: readonly VersionChange[]): void {
    const { rollout } = service;
    if (rollout.isActive) this.#active.add(prefix);
    else this.#active.delete(prefix);
    if (rollout.split !== service.split) this.#options.onSplit(prefix, rollout.split);
    service.split = rollout.split;
    for (const { type, version, why } of changes)
      for (const listener of this.#listeners)
        listener({ type: `version-${type}`, prefix, version, why });
  }

  #present(prefix: string): PresentVersion[] {
    const { directory, epoch } = this.#options;
    const routable = new Set(directory.routable(prefix).map(({ key }) => key));
    const found = new Map<string, PresentVersion>();
    for (const instance of directory.instances(prefix)) {
      const { version = '', weight = 1, inc = instance.since + epoch() } = instance.announcement;
      const known = found.get(version);
      found.set(version, {
        version,
        instances: (known?.instances ?? 0) + 1,
        weight: (known?.weight ?? 0) + (routable.has(instance.key) ? weight : 0),
        startedAt: Math.min(known?.startedAt ?? Infinity, inc),
      });
    }
    return [...found.values()];
  }
}
