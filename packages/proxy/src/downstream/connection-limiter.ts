import type { Server, Socket } from 'node:net';
import { clientNetwork } from './client-network.ts';

/** How many connections clients may have. Read anew at each connection. */
export interface ConnectionLimits {
  /** Of all clients together. */
  readonly maxConnections: number;
  /** Of one client: an address or a network, see {@link clientNetwork}. Default: three quarters of `maxConnections`. */
  readonly maxPerClient?: number | undefined;
}

/** The share of one client by default: behind a proxy all clients have its address, and others still find room. */
const SHARE = 3 / 4;

/** Connections that are kept free while others can be closed. */
const SPARE = 32;

/** What a {@link ConnectionLimiter} needs of a connection. */
export interface CountedSocket {
  /** The client's IP address. */
  readonly remoteAddress?: string | undefined;
  /** Ends the connection at once. */
  destroy(): unknown;
  /** Calls back when the connection has closed. */
  on(event: 'close', listener: () => void): unknown;
}

/** Counts the connections of clients, and closes a new one that exceeds a limit. Share one among the ports of a program. */
export class ConnectionLimiter {
  readonly #limits: ConnectionLimits;
  readonly #onRefused: (reason: string) => void;
  readonly #perClient = new Map<string, number>();
  #open = 0;

  /** @param onRefused called with the limit in words. Clients decide how often. */
  constructor(limits: ConnectionLimits, onRefused: (reason: string) => void = () => {}) {
    this.#limits = limits;
    this.#onRefused = onRefused;
  }

  /** The connections that are open. */
  get open(): number {
    return this.#open;
  }

  /** Whether only a few more connections may be opened. */
  get isNearlyFull(): boolean {
    const { maxConnections } = this.#limits;
    return this.#open >= maxConnections - Math.min(SPARE, maxConnections / 8);
  }

  /** Counts a connection until it closes. Returns whether it may stay; otherwise it is destroyed. */
  admit(socket: CountedSocket): boolean {
    const client = clientNetwork(socket.remoteAddress ?? '');
    const excess = this.#excess(client);
    if (excess !== undefined) {
      socket.destroy();
      this.#onRefused(excess);
      return false;
    }
    this.#open += 1;
    this.#perClient.set(client, (this.#perClient.get(client) ?? 0) + 1);
    socket.on('close', () => this.#closed(client));
    return true;
  }

  /** Has a server serve only the connections that are admitted. Call it when the server has its listeners. */
  guard(server: Server): void {
    const serve = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      if (!this.admit(socket)) return;
      for (const listener of serve) listener.call(server, socket);
    });
  }

  #excess(client: string): string | undefined {
    const { maxConnections, maxPerClient = Math.ceil(maxConnections * SHARE) } = this.#limits;
    if (this.#open >= maxConnections) return `${maxConnections} connections are open`;
    if ((this.#perClient.get(client) ?? 0) < maxPerClient) return undefined;
    return `${maxPerClient} connections from ${client} are open`;
  }

  #closed(client: string): void {
    this.#open -= 1;
    const left = (this.#perClient.get(client) ?? 1) - 1;
    if (left === 0) this.#perClient.delete(client);
    else this.#perClient.set(client, left);
  }
}
