import { lookup } from 'node:dns/promises';
import { isLoopback } from '@rollcall/protocol';
import type { OwnEndpoint } from '@rollcall/protocol';
import { listenAddresses } from './listen-addresses.ts';

/** Endpoints that no instance may announce, because requests to it would reach the gateway or its broker. */
export class OwnEndpoints {
  readonly #all: OwnEndpoint[] = [];

  /** Complete only after the gateway has started: until then, the system may still choose ports. */
  get all(): readonly OwnEndpoint[] {
    return this.#all;
  }

  /** @param port none if it is 0, because the system has not chosen it yet */
  add(what: string, host: string, port: number): void {
    if (port === 0) return;
    for (const endpoint of listenAddresses(host, port)) this.#all.push({ ...endpoint, what });
  }

  /** Adds another program, at each address that its name has now. */
  addServer(what: string, { host, port }: { readonly host: string; readonly port: number }): void {
    // What is reached on loopback may listen on every address of this machine.
    this.add(what, isLoopback(host) ? '0.0.0.0' : host, port);
    void lookup(host, { all: true }).then(
      (addresses) => {
        for (const { address } of addresses) this.add(what, address, port);
      },
      // Without an address it cannot be reached either.
      () => {},
    );
  }
}
