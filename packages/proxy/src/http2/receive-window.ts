/** What a peer may send on a stream, or on a connection, before it is taken (RFC 9113 §5.2). */
export class ReceiveWindow {
  readonly #size: number;
  #left: number;

  constructor(size: number) {
    this.#size = size;
    this.#left = size;
  }

  /** Notes that so many bytes have come. @returns false if they are more than allowed */
  take(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  /** Opens the window again, once half of it is used up. @returns by how much; 0 if it is not due */
  renew(): number {
    const used = this.#size - this.#left;
    if (used < this.#size / 2) return 0;
    this.#left = this.#size;
    return used;
  }
}
