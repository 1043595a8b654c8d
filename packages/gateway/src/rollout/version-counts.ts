import type { Announcement, Instance } from '@rollcall/client';

/** Counts the instances of each version of each service. */
export class VersionCounts {
  readonly #instances = new Map<string, Announcement>();
  /** By prefix, then by version. */
  readonly #counts = new Map<string, Map<string, number>>();

  /** @returns the prefixes that have a version more or less now */
  set({ key, announcement }: Instance): Set<string> {
    const { prefix, version = '' } = announcement;
    const known = this.#instances.get(key);
    const isSame = known?.prefix === prefix && (known.version ?? '') === version;
    const changed = isSame ? new Set<string>() : this.delete(key);
    this.#instances.set(key, announcement);
    if (isSame) return changed;
    const versions = this.#counts.get(prefix) ?? new Map<string, number>();
    this.#counts.set(prefix, versions);
    if (!versions.has(version)) changed.add(prefix);
    versions.set(version, (versions.get(version) ?? 0) + 1);
    return changed;
  }

  /** @returns the prefixes that have a version less now */
  delete(key: string): Set<string> {
    const known = this.#instances.get(key);
    const versions = known && this.#counts.get(known.prefix);
    this.#instances.delete(key);
    if (known === undefined || versions === undefined) return new Set();
    const { prefix, version = '' } = known;
    const count = (versions.get(version) ?? 1) - 1;
    if (count > 0) {
      versions.set(version, count);
      return new Set();
    }
    versions.delete(version);
    if (versions.size === 0) this.#counts.delete(prefix);
    return new Set([prefix]);
  }

  /** The services that have instances. */
  prefixes(): string[] {
    return [...this.#counts.keys()];
  }
}
