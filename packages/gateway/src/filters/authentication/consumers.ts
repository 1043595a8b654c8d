import type { ConsumersConfig } from '../../settings/consumers.ts';

/** The consumers of a configuration, by what proves who they are. */
export class Consumers {
  readonly #config: ConsumersConfig;
  readonly #byKeyHash: ReadonlyMap<string, string>;
  readonly #byCertificate: ReadonlyMap<string, string>;

  constructor(config: ConsumersConfig) {
    this.#config = config;
    const hashes = Object.entries(config).flatMap(([name, { apiKeys = [] }]) =>
      apiKeys.map((hash) => [hash, name] as const),
    );
    this.#byKeyHash = new Map(hashes);
    this.#byCertificate = new Map(
      Object.entries(config).flatMap(([name, { certificates = [] }]) =>
        certificates.map((each) => [each, name] as const),
      ),
    );
  }

  /**
   * Returns whose API key has this hash. That the lookup's time depends on the hash reveals nothing: it would take a key
   * of a chosen SHA-256 to learn from it.
   */
  ofKeyHash(hash: string): string | undefined {
    return this.#byKeyHash.get(hash);
  }

  /** Returns whose certificate has one of these: its fingerprint, its names, its subject. */
  ofCertificate(identities: readonly string[]): string | undefined {
    const found = identities.find((each) => this.#byCertificate.has(each));
    return found === undefined ? undefined : this.#byCertificate.get(found);
  }

  /** Returns the hashed passwords of a consumer; none if there is no such consumer. */
  passwordsOf(name: string): readonly string[] {
    return Object.hasOwn(this.#config, name) ? (this.#config[name]?.passwords ?? []) : [];
  }
}
