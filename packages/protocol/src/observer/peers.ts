/** Another gateway on the channel, and how its table compared with this one when it last called the roll. */
export interface Peer {
  /** The name that it has in its roll calls. */
  readonly name: string;
  /** When it called the roll, in milliseconds of this observer's clock. */
  readonly at: number;
  /** How many entries its table has, exits included. */
  readonly size: number;
  /** Entries of this table that it lacked, and was sent. Absent if its digest had no room for its whole table. */
  readonly missingThere?: number;
  /** Entries of its table that this one lacked, and asked for. */
  readonly missingHere: number;
}

/** A gateway that has missed two roll calls is gone. */
const FORGET_AFTER_ROLL_CALLS = 3;
/** A gateway is there if it has called the roll as often as it should, with some time for a message to arrive. */
const THERE_FOR_ROLL_CALLS = 1.1;
/** Any holder of the secret can make up names, so their number is bounded. */
const MAX_PEERS = 100;

/**
 * The other gateways on the channel. They are known from their roll calls, which costs no messages. A roll call
 * shows how the two tables differed at that moment; the missing entries are sent right after.
 */
export class Peers {
  readonly #peers = new Map<string, Peer>();
  readonly #forgetAfter: number;
  readonly #thereFor: number;

  /** @param rollCallEveryMs milliseconds between two roll calls of a gateway */
  constructor(rollCallEveryMs: number) {
    this.#forgetAfter = rollCallEveryMs * FORGET_AFTER_ROLL_CALLS;
    this.#thereFor = rollCallEveryMs * THERE_FOR_ROLL_CALLS;
  }

  /** A gateway has called the roll. */
  add(peer: Peer): void {
    this.#peers.delete(peer.name);
    this.#peers.set(peer.name, peer);
    if (this.#peers.size <= MAX_PEERS) return;
    for (const oldest of this.#peers.keys()) {
      this.#peers.delete(oldest);
      return;
    }
  }

  /** The gateways that called the roll recently, the latest last. */
  all(now: number): Peer[] {
    for (const { name, at } of this.#peers.values())
      if (now - at > this.#forgetAfter) this.#peers.delete(name);
    return [...this.#peers.values()];
  }

  /** The names of the gateways that are there. */
  present(now: number): string[] {
    return this.all(now).flatMap(({ name, at }) => (now - at <= this.#thereFor ? [name] : []));
  }
}
