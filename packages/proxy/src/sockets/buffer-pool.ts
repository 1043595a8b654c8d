/** Sizes of the buffers that are kept: what is copied into one that is held longer takes up to twice its memory. */
const SIZES = [8, 16, 32, 64].map((kib) => kib * 1024);
/** Of each size. More are in use at a time only while receivers hold them, which are then not given back. */
const MAX_KEPT = 8;

/**
 * Buffers that are used again. A new one of 64 KiB costs more than to fill it: the system maps its pages anew and clears
 * them, and the collector counts it. Of 92 µs for a response of 64 KB that was 15.
 */
export class BufferPool {
  readonly #kept: Buffer[][] = SIZES.map(() => []);

  /** Returns a buffer of at least this size. Its content is of no meaning. @param bytes 64 KiB at most */
  take(bytes: number): Buffer {
    const kind = SIZES.findIndex((size) => size >= bytes);
    return this.#kept[kind]?.pop() ?? Buffer.allocUnsafeSlow(SIZES[kind] ?? bytes);
  }

  /** Takes back a buffer that it has returned, whole. Nothing may refer to it any more: others will write to it. */
  give(buffer: Buffer): void {
    const kept = this.#kept[SIZES.indexOf(buffer.length)];
    if (kept !== undefined && kept.length < MAX_KEPT) kept.push(buffer);
  }
}
