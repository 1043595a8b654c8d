import type { Instance } from '@rollcall/client';

/** Counts the instances of each version of each service. */
export class VersionCounts {
  readonly #instances = new Map<string, { readonly prefix: string; readonly version: string }>();
  /** By prefix, then by version. */
  readonly #counts = new Map<string, Map<string, number>>();

  /** @returns the prefixes that have a version more or less now */
  set({ key, announcement: { prefix, version = '' } }: Instance): Set<string> {
    const known = this.#instances.get(key);
    if (known?.prefix === prefix && known.version === version) return new Set();
    const changed = this.delete(key);
    this.#instances.set(key, { prefix, version });
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
    const count = (versions.get(known.version) ?? 1) - 1;
    if (count > 0) {
      versions.set(known.version, count);
      return new Set();
    }
    versions.delete(known.version);
    if (versions.size === 0) this.#counts.delete(known.prefix);
    return new Set([known.prefix]);
  }

  /** The services that have instances. */
  prefixes(): string[] {
    return [...this.#counts.keys()];
  }
}
