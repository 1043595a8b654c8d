import { ERROR, FRAME_HEADER_BYTES, Http2Error } from './frames.ts';

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  /** Valid until the next frame is read. */
  readonly payload: Buffer;
}

/** Takes bytes apart into frames (RFC 9113 §4.1). Only frames that come in parts are copied. */
export class FrameReader {
  readonly #maxBytes: number;
  /** A frame that is not whole, from its header on: allocated once its length is known. */
  #partial: Buffer = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  #filled = 0;

  /** @param maxBytes of a payload: what our SETTINGS allow */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the part of a frame that has come. */
  get heldBytes(): number {
    return this.#filled;
  }

  /**
   * Calls back for each frame that is whole.
   * @throws Http2Error if one is larger than it may be
   */
  read(bytes: Buffer, onFrame: (frame: Frame) => void): void {
    let at = 0;
    while (at < bytes.length) {
      const isWhole = this.#filled === 0 && bytes.length - at >= FRAME_HEADER_BYTES;
      const size = isWhole ? this.#sizeOf(bytes, at) : 0;
      if (isWhole && bytes.length - at >= size) {
        onFrame(frameOf(bytes, at, size));
        at += size;
      } else at = this.#collect(bytes, at, onFrame);
    }
  }

  #collect(bytes: Buffer, from: number, onFrame: (frame: Frame) => void): number {
    let at = from;
    if (this.#filled < FRAME_HEADER_BYTES) {
      at += this.#fill(bytes, at, FRAME_HEADER_BYTES);
      if (this.#filled < FRAME_HEADER_BYTES) return at;
      const whole = Buffer.allocUnsafe(this.#sizeOf(this.#partial, 0));
      this.#partial.copy(whole, 0, 0, FRAME_HEADER_BYTES);
      this.#partial = whole;
    }
    const size = this.#partial.length;
    at += this.#fill(bytes, at, size);
    if (this.#filled < size) return at;
    const whole = this.#partial;
    this.#partial = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
    this.#filled = 0;
    onFrame(frameOf(whole, 0, size));
    return at;
  }

  #fill(bytes: Buffer, at: number, to: number): number {
    const count = bytes.copy(this.#partial, this.#filled, at, at + to - this.#filled);
    this.#filled += count;
    return count;
  }

  #sizeOf(bytes: Buffer, at: number): number {
    const length = bytes.readUIntBE(at, 3);
    if (length > this.#maxBytes)
      throw new Http2Error(ERROR.frameSize, `a frame is larger than ${this.#maxBytes} bytes`);
    return FRAME_HEADER_BYTES + length;
  }
}

function frameOf(bytes: Buffer, at: number, size: number): Frame {
  return {
    type: bytes[at + 3] ?? 0,
    flags: bytes[at + 4] ?? 0,
    // RFC 9113 §4.1: the first bit is reserved.
    streamId: bytes.readUInt32BE(at + 5) & 0x7fffffff,
    payload: bytes.subarray(at + FRAME_HEADER_BYTES, at + size),
  };
}
