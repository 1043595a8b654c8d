/** Another gateway, and how its table stood to ours when it last called the roll. */
export interface Peer {
  readonly name: string;
  /** When it called, in the caller's milliseconds. */
  readonly at: number;
  /** Statements that it said it knew. */
  readonly size: number;
  /** Of ours, those that it did not know; nothing if its digest had no room for all that it knew. */
  readonly missingThere?: number;
  /** Of its own, those that we did not know. */
  readonly missingHere: number;
}

/** A gateway that has missed two of its turns to call the roll is taken to be gone. */
const TURNS = 3;
/** Whoever holds the secret can make up names. */
const MOST = 100;

/**
 * The gateways beside this one. They are known by their roll calls alone: that costs no message, and shows how
 * they agreed at that moment; what one of them lacked is sent right after.
 */
export class Peers {
  readonly #peers = new Map<string, Peer>();
  readonly #forgetAfter: number;

  /** @param askEvery milliseconds between two roll calls of a gateway */
  constructor(askEvery: number) {
    this.#forgetAfter = askEvery * TURNS;
  }

  heard(peer: Peer): void {
    this.#peers.delete(peer.name);
    this.#peers.set(peer.name, peer);
    if (this.#peers.size <= MOST) return;
    for (const oldest of this.#peers.keys()) {
      this.#peers.delete(oldest);
      return;
    }
  }

  /** Those that were heard lately, the latest last. */
  all(now: number): Peer[] {
    for (const { name, at } of this.#peers.values())
      if (now - at > this.#forgetAfter) this.#peers.delete(name);
    return [...this.#peers.values()];
  }
}
