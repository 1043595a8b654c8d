/** Joins chunks of a stream. A long message comes in many: they are joined when enough of them are there. */
export class ChunkJoiner {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #needed = 0;

  /** Returns what is unread, or undefined if it is less than needed. */
  add(chunk: Buffer): Buffer | undefined {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#needed) return undefined;
    return this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
  }

  /** Keeps what was not read, until there are so many bytes. */
  keep(rest: Buffer, needed: number): void {
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
    this.#needed = needed;
  }
}
