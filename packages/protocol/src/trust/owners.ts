import { keyIdOf } from './service-key.ts';

/** A service key that owns prefixes. */
export interface OwnerKey {
  /** Its public half, such as `rpk_…`. */
  readonly key: string;
  /** When it ceases to be an owner: milliseconds since 1970. Default: never. */
  readonly until?: number;
}

/** The keys that own a prefix, by their ids. */
export type Owners = ReadonlyMap<string, OwnerKey>;

/** The owners of each prefix that a configuration names. */
export class OwnersByPrefix {
  readonly #prefixes = new Map<string, Owners>();
  readonly #below = new Map<string, Owners>();

  /** @param owners by prefix: `/v1` is the prefix and all below it, `/v1/*` all below it */
  constructor(owners: Readonly<Record<string, readonly OwnerKey[]>>) {
    for (const [pattern, keys] of Object.entries(owners)) {
      const rules = pattern.endsWith('/*') ? this.#below : this.#prefixes;
      const byId = keys.map((owner) => [keyIdOf(owner.key), owner] as const);
      rules.set(pattern.replace(/\/\*?$/, ''), new Map(byId));
    }
  }

  /** The keys that own a prefix, or undefined if it has no owners. The longest prefix with owners that holds counts. */
  of(prefix: string): Owners | undefined {
    const own = this.#prefixes.get(prefix);
    if (own !== undefined) return own;
    for (let at = prefix.lastIndexOf('/'); at >= 0; at = prefix.lastIndexOf('/', at - 1)) {
      const above = prefix.slice(0, at);
      const owners = this.#below.get(above) ?? this.#prefixes.get(above);
      if (owners !== undefined) return owners;
      if (at === 0) break;
    }
    return undefined;
  }
}
