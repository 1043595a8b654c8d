import { ERROR, FLAG, FRAME, Http2Error } from './frames.ts';
import type { Frame } from './frame-reader.ts';
import { blockOf } from './payload.ts';

/** A block of fields, whole. */
export interface Block {
  readonly streamId: number;
  readonly bytes: Buffer;
  readonly endsStream: boolean;
}

/** Collects a block of fields from HEADERS and CONTINUATION (RFC 9113 §4.3). */
export class BlockReader {
  #first: Frame | undefined;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** Whether a block has begun that is not whole. */
  get isOpen(): boolean {
    return this.#first !== undefined;
  }

  get heldBytes(): number {
    return this.#bytes;
  }

  /**
   * Takes HEADERS, or a CONTINUATION of theirs.
   * @param maxBytes of the block as it is encoded
   * @returns the block if it is whole: valid until the next frame is read
   * @throws Http2Error if the frame may not stand there, or makes the block too large
   */
  read(frame: Frame, maxBytes: number): Block | undefined {
    const first = this.#first ?? frame;
    const isContinuation = frame.type === FRAME.continuation;
    if (isContinuation !== (this.#first !== undefined) || frame.streamId !== first.streamId)
      throw new Http2Error(ERROR.protocol, 'a block of fields is interrupted');
    const part = isContinuation ? frame.payload : blockOf(frame);
    const isLast = (frame.flags & FLAG.endHeaders) !== 0;
    this.#bytes += part.length;
    if (this.#bytes > maxBytes)
      throw new Http2Error(ERROR.enhanceYourCalm, `a block is larger than ${maxBytes} bytes`);
    if (!isLast) {
      this.#first = first;
      this.#parts.push(Buffer.from(part));
      return undefined;
    }
    const bytes = this.#parts.length === 0 ? part : Buffer.concat([...this.#parts, part]);
    this.#first = undefined;
    this.#parts = [];
    this.#bytes = 0;
    const endsStream = (first.flags & FLAG.endStream) !== 0;
    return { streamId: first.streamId, bytes, endsStream };
  }
}
