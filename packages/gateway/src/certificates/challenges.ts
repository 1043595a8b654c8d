import type { Certificate } from '@rollcall/runtime';
import type { Challenge } from './acme/order.ts';

/** The challenges that this gateway answers: those of its own orders, and those of other gateways. */
export class Challenges {
  readonly #own = new Map<string, Challenge>();
  #theirs: readonly Challenge[] = [];

  /** Adds one of an own order. */
  add(challenge: Challenge): void {
    this.#own.set(challenge.name, challenge);
  }

  delete(name: string): void {
    this.#own.delete(name);
  }

  replaceTheirs(challenges: readonly Challenge[]): void {
    this.#theirs = challenges;
  }

  /** Answers to HTTP-01, by token. */
  answers(): ReadonlyMap<string, string> {
    return new Map(
      this.#all().flatMap((each) => (each.type === 'http-01' ? [[each.token, each.answer]] : [])),
    );
  }

  /** Certificates for TLS-ALPN-01, by name. */
  certificates(): ReadonlyMap<string, Certificate> {
    return new Map(
      this.#all().flatMap((each) =>
        each.type === 'http-01' ? [] : [[each.name, each.certificate]],
      ),
    );
  }

  #all(): Challenge[] {
    return [...this.#theirs, ...this.#own.values()];
  }
}
