import { lookup } from 'node:dns/promises';
import { isOfThisMachine, isReachedAt } from './is-reached-at.ts';

/** Endpoints that no instance may announce, because requests to it would reach the gateway or its broker. */
export class OwnEndpoints {
  readonly #all: { readonly what: string; readonly host: string; readonly port: number }[] = [];

  /**
   * Returns what listens at an endpoint, such as `the broker`, or undefined. Complete only after the gateway has started:
   * until then, the system may still choose ports.
   */
  at(address: string, port: number): string | undefined {
    return this.#all.find((own) => own.port === port && isReachedAt(own.host, address))?.what;
  }

  add(what: string, host: string, port: number): void {
    this.#all.push({ what, host, port });
  }

  /** Adds another program, at each address that its name has now. */
  addServer(what: string, { host, port }: { readonly host: string; readonly port: number }): void {
    const addAt = (address: string): void =>
      // What is reached at one address of this machine may listen on every other.
      this.add(what, isOfThisMachine(address) ? '0.0.0.0' : address, port);
    addAt(host);
    void lookup(host, { all: true }).then(
      (addresses) => {
        for (const { address } of addresses) addAt(address);
      },
      // Without an address it cannot be reached either.
      () => {},
    );
  }
}
