import { shareOfHeap } from './share-of-heap.ts';

/** Each relief goes below the maximum by an eighth, so that the next one, which looks at all readers, is not due at once. */
const RELIEVED_SHARE = 7 / 8;

/** The writer of one connection. */
export interface UnreadWriter {
  /** Bytes that its client has not read. */
  readonly unsentBytes: number;
  /** Closes the connection, because its client does not read. */
  disconnect(): void;
}

/** Bounds the bytes that all clients together leave unread, by closing the connections that leave the most. */
export class UnreadBudget {
  readonly #maxBytes: number;
  /** The bytes that clients had not read after the last write to them. */
  readonly #unread = new Map<UnreadWriter, number>();
  #total = 0;

  constructor(maxBytes: number = shareOfHeap()) {
    this.#maxBytes = maxBytes;
  }

  /** Counts a client with so many unread bytes. */
  count(writer: UnreadWriter, bytes: number): void {
    // The way of each delivery to a client that reads.
    if (bytes === 0 && this.#unread.size === 0) return;
    this.#set(writer, bytes);
    if (this.#total > this.#maxBytes) this.#relieve();
  }

  #relieve(): void {
    const target = this.#maxBytes * RELIEVED_SHARE;
    // Clients may have read since they were counted.
    for (const writer of this.#unread.keys()) this.#set(writer, writer.unsentBytes);
    if (this.#total <= target) return;
    const mostFirst = [...this.#unread].toSorted(([, one], [, other]) => other - one);
    for (const [writer] of mostFirst) {
      this.#set(writer, 0);
      writer.disconnect();
      if (this.#total <= target) return;
    }
  }

  #set(writer: UnreadWriter, bytes: number): void {
    this.#total += bytes - (this.#unread.get(writer) ?? 0);
    if (bytes === 0) this.#unread.delete(writer);
    else this.#unread.set(writer, bytes);
  }
}
