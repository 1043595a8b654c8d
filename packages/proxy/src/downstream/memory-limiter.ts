import { clientNetwork } from './client-network.ts';
import type { Client } from './client.ts';

/** What a {@link MemoryLimiter} needs of a connection. */
export type HoldingClient = Pick<Client, 'address' | 'heldBytes' | 'cut'>;

interface Holder {
  readonly client: HoldingClient;
  readonly bytes: number;
}

/** Limits the memory that is held for all clients together. It looks now and then, so that requests pay nothing. */
export class MemoryLimiter {
  readonly #clients: Iterable<HoldingClient>;

  constructor(clients: Iterable<HoldingClient>) {
    this.#clients = clients;
  }

  /**
   * Resets connections if more is held than `maxBytes`: of the client for which most is held, the largest holder first;
   * then of the next client.
   * @returns how many
   */
  enforce(maxBytes: number): number {
    let excess = -maxBytes;
    for (const { heldBytes } of this.#clients) excess += heldBytes;
    if (excess <= 0) return 0;
    let count = 0;
    for (const { client, bytes } of this.#byWeight()) {
      client.cut();
      count++;
      excess -= bytes;
      if (excess <= 0) break;
    }
    return count;
  }

  #byWeight(): Holder[] {
    const networks = new Map<string, { bytes: number; holders: Holder[] }>();
    for (const client of this.#clients) {
      const bytes = client.heldBytes;
      if (bytes === 0) continue;
      const network = clientNetwork(client.address);
      const all = networks.get(network) ?? { bytes: 0, holders: [] };
      all.bytes += bytes;
      all.holders.push({ client, bytes });
      networks.set(network, all);
    }
    return [...networks.values()]
      .toSorted((a, b) => b.bytes - a.bytes)
      .flatMap(({ holders }) => holders.toSorted((a, b) => b.bytes - a.bytes));
  }
}
