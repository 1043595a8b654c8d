/** How long a gateway may take to show that it is there. */
const ANSWER_MS = 5000;
const MAX_GATEWAYS = 100;

/** The other gateways that notify the same targets, as far as their letters show them. */
export class Team {
  /** By name, since when each is asked whether it is there; undefined if it is not. */
  readonly #gateways = new Map<string, number | undefined>();

  get others(): readonly string[] {
    return [...this.#gateways.keys()];
  }

  heard(name: string): void {
    if (this.#gateways.size < MAX_GATEWAYS || this.#gateways.has(name))
      this.#gateways.set(name, undefined);
  }

  left(name: string): void {
    this.#gateways.delete(name);
  }

  /** Some have missed their turn. Returns whether to ask them. */
  doubt(names: readonly string[], now: number): boolean {
    const doubted = names.filter(
      (name) => this.#gateways.has(name) && this.#gateways.get(name) === undefined,
    );
    for (const name of doubted) this.#gateways.set(name, now);
    return doubted.length > 0;
  }

  /** Forgets the ones that did not answer. */
  tick(now: number): void {
    for (const [name, since] of this.#gateways)
      if (since !== undefined && now - since >= ANSWER_MS) this.#gateways.delete(name);
  }
}
