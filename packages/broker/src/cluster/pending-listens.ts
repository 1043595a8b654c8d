import type { Broadcast } from './broadcast/broadcast.ts';

/** A client does not wait longer for another node that does not say where it is. */
const MAX_LOCATE_MS = 300;

interface PendingListen {
  readonly subject: string;
  readonly resolve: () => void;
  /** Set when the engine has confirmed that the node listens. */
  timer: NodeJS.Timeout | undefined;
}

/**
 * Subjects to which a node is about to listen, until it misses nothing. A confirmation of the engine is not enough, because it
 * may be of one server of several: the other nodes have to be heard.
 */
export class PendingListens {
  readonly #broadcast: Pick<Broadcast, 'locate' | 'isLocated'>;
  readonly #pending = new Set<PendingListen>();

  constructor(broadcast: Pick<Broadcast, 'locate' | 'isLocated'>) {
    this.#broadcast = broadcast;
  }

  /**
   * Resolves when nothing that is said to a subject from now on is missed, or with {@link end}.
   * @param confirmed resolves when the engine has confirmed that the node listens.
   */
  add(subject: string, confirmed: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const pending = { subject, resolve, timer: undefined };
      this.#pending.add(pending);
      void confirmed.then(() => this.#locate(pending));
    });
  }

  /** Another node has said something, perhaps to what it listens. */
  heard(): void {
    for (const pending of this.#pending) {
      const isConfirmed = pending.timer !== undefined;
      if (isConfirmed && this.#broadcast.isLocated(pending.subject)) this.#resolve(pending);
    }
  }

  /** The link is down: clients do not wait until it is back. */
  end(): void {
    for (const pending of this.#pending) this.#resolve(pending);
  }

  /** Asks where the others are, and waits until all have answered: for a moment, because one may hang. */
  #locate(pending: PendingListen): void {
    this.#broadcast.locate([pending.subject]);
    if (!this.#pending.has(pending)) return;
    pending.timer = setTimeout(() => this.#resolve(pending), MAX_LOCATE_MS);
    this.heard();
  }

  #resolve(pending: PendingListen): void {
    clearTimeout(pending.timer);
    this.#pending.delete(pending);
    pending.resolve();
  }
}
