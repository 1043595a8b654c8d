import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';

/** What a {@link ClientLimit} needs of a client's connection. */
export interface CountedSocket extends Pick<Duplex, 'once'> {
  /** The client's IP address. */
  readonly remoteAddress?: string | undefined;
}

/** How many connections clients may have. */
export interface ConnectionLimits {
  /** Of all clients together. */
  readonly connections: number;
  /** Of one address: an IPv6 network of /64 is one address. */
  readonly connectionsPerAddress: number;
}

/** Which limit refused a connection. */
export type RefusedBy = keyof ConnectionLimits;

/** Counts the connections of a server's clients, each until it closes. */
export class ClientLimit {
  readonly #limits: ConnectionLimits;
  readonly #perAddress = new Map<string, number>();
  #open = 0;

  /** @param limits read at each connection */
  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Counts a connection. Returns which limit refuses it, if one does; then it is not counted. */
  admit(socket: CountedSocket): RefusedBy | undefined {
    const address = clientNetwork(socket.remoteAddress ?? '');
    const count = (this.#perAddress.get(address) ?? 0) + 1;
    if (count > this.#limits.connectionsPerAddress) return 'connectionsPerAddress';
    if (this.#open >= this.#limits.connections) return 'connections';
    this.#open++;
    this.#perAddress.set(address, count);
    socket.once('close', () => this.#closed(address));
    return undefined;
  }

  #closed(address: string): void {
    this.#open--;
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
  }
}

/**
 * Returns the network of a client whose addresses are counted as one: of IPv6 the /64, which is the least that one
 * subscriber has. IPv4 in IPv6 is IPv4.
 * @param address as a socket has it
 */
export function clientNetwork(address: string): string {
  if (!address.includes(':')) return address;
  const bare = address.split('%', 1)[0] ?? '';
  if (bare.includes('.')) return bare.slice(bare.lastIndexOf(':') + 1);
  const [head = '', tail] = bare.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}

/**
 * Returns how many connections a server may have, so that this process does not run out of descriptors: a share of as
 * many as it may open, but at least a few.
 * @param share of the descriptors, such as 3/8 where each client may need another connection
 * @param descriptors default: the limit of this process
 */
export function connectionsWithin(share: number, descriptors: number = maxDescriptors()): number {
  return Math.max(MIN_CONNECTIONS, Math.floor(descriptors * share));
}

const MIN_CONNECTIONS = 8;

/** The soft limit of this process, which Node raises to the hard one when it starts. */
function maxDescriptors(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const limit = Number(/^Max open files +(\d+)/m.exec(limits)?.[1]);
    return Number.isNaN(limit) ? Infinity : limit;
  } catch {
    // Only Linux says.
    return Infinity;
  }
}
