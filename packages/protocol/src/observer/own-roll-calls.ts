/** More than an observer calls before the first of them has come back. */
const MAX_REMEMBERED = 100;

/**
 * The nonces of an observer's latest roll calls, at every broker. Two entries in the list of brokers may lead to one broker, or to
 * two nodes of a cluster: a roll call by one of them then comes back by the other, and is not another observer's.
 */
export class OwnRollCalls {
  readonly #nonces = new Set<string>();

  add(nonce: string): void {
    this.#nonces.add(nonce);
    if (this.#nonces.size <= MAX_REMEMBERED) return;
    for (const oldest of this.#nonces) {
      this.#nonces.delete(oldest);
      return;
    }
  }

  has(nonce: string): boolean {
    return this.#nonces.has(nonce);
  }
}
