import { isUtf8 } from 'node:buffer';
import { constants, inflateRawSync } from 'node:zlib';
import { COMPRESSED, FINAL, FLUSH_END, LENGTH_16, LENGTH_64, OPCODE } from './frame.ts';

/** Room for 10 KB of data with every character escaped as \uXXXX. */
export const MAX_MESSAGE_BYTES = 65_536;

/**
 * What a client may say before others have their turn: the texts that its messages inflate to, of which each counts as 1 KiB or
 * more. Otherwise 64 KiB that inflate to 50 MB would keep all others waiting for seconds.
 */
const MAX_BYTES_PER_TURN = MAX_MESSAGE_BYTES;
const MIN_BYTES_PER_MESSAGE = 1_024;

/** RFC 6455 §7.4.1 */
const PROTOCOL_ERROR = 1002;
const INVALID_TEXT = 1007;
const TOO_LARGE = 1009;

/** RFC 6455 §5.5 */
const MAX_CONTROL_BYTES = 125;

const RESERVED = 0x30;
const MASKED = 0x80;
const MASK_BYTES = 4;

/** Receives what a client sends, in order. May stop the reader. */
export interface FrameHandler {
  text(message: string): void;
  binary(): void;
  ping(payload: Buffer): void;
  pong(): void;
  /** The client closes. `code` is `undefined` if it gave none. */
  peerClosed(code: number | undefined): void;
  /** The client broke the protocol. Nothing is read any more. */
  failed(code: number, reason: string): void;
}

interface FrameHead {
  readonly isFinal: boolean;
  readonly isCompressed: boolean;
  readonly opcode: number;
  /** Where the mask begins. The payload is behind it. */
  readonly mask: number;
  readonly length: number;
}

/**
 * Reads the frames of a client (RFC 6455), with compression if it was agreed on (RFC 7692, without a context between
 * messages). Between frames it keeps nothing, and never more than about twice the largest message, in any pieces and fragments.
 */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #mayCompress: boolean;
  /** The start of a frame. */
  #frame: Growing | undefined;
  /** The fragments of a message, so far. */
  #message: Growing | undefined;
  /** Of the message whose fragments are read. */
  #opcode = 0;
  #isCompressed = false;
  #bytesOfTurn = 0;
  #isStopped = false;

  constructor(handler: FrameHandler, mayCompress: boolean) {
    this.#handler = handler;
    this.#mayCompress = mayCompress;
  }

  /** Ignores everything from now on. */
  stop(): void {
    this.#isStopped = true;
    this.#frame = undefined;
    this.#message = undefined;
  }

  /**
   * @param chunk may be changed: payloads are unmasked in place.
   * @returns `false` if there is more to read in the next turn, with an empty chunk.
   */
  read(chunk: Buffer): boolean {
    if (this.#isStopped) return true;
    const bytes = this.#frame === undefined ? chunk : this.#frame.append(chunk);
    let at = 0;
    this.#bytesOfTurn = 0;
    while (!this.#isStopped && this.#bytesOfTurn < MAX_BYTES_PER_TURN) {
      const head = this.#readHead(bytes, at);
      if (head === undefined) break;
      const start = head.mask + MASK_BYTES;
      const end = start + head.length;
      if (end > bytes.length) break;
      at = end;
      const payload = bytes.subarray(start, end);
      unmask(payload, bytes.subarray(head.mask, start));
      this.#take(head, payload);
    }
    if (this.#isStopped) return true;
    this.#keep(bytes, at);
    return this.#bytesOfTurn < MAX_BYTES_PER_TURN || at === bytes.length;
  }

  /** Keeps only what `bytes`, which were read, have from `start` on. */
  #keep(bytes: Buffer, start: number): void {
    if (start === bytes.length) {
      this.#frame = undefined;
    } else if (start > 0 || this.#frame === undefined) {
      this.#frame = new Growing();
      this.#frame.append(bytes.subarray(start));
    }
  }

  /** Returns `undefined` while the head is incomplete, and if it is invalid. */
  #readHead(bytes: Buffer, at: number): FrameHead | undefined {
    const [first, second] = [bytes[at], bytes[at + 1]];
    if (first === undefined || second === undefined) return undefined;
    const opcode = first & 0x0f;
    const short = second & 0x7f;
    const isFinal = (first & FINAL) !== 0;
    const isCompressed = (first & COMPRESSED) !== 0;
    const problem =
      (first & RESERVED) !== 0
        ? 'a reserved bit is set'
        : (second & MASKED) === 0
          ? 'frames of a client must be masked'
          : this.#problemOf({ opcode, isFinal, isCompressed, length: short });
    if (problem !== undefined) return this.#fail(PROTOCOL_ERROR, problem);
    const mask = at + 2 + (short === LENGTH_16 ? 2 : short === LENGTH_64 ? 8 : 0);
    if (bytes.length < mask) return undefined;
    const length = short < LENGTH_16 ? short : longLength(bytes, at + 2, short);
    const before = opcode >= OPCODE.close ? 0 : (this.#message?.length ?? 0);
    if (before + length > MAX_MESSAGE_BYTES) {
      return this.#fail(TOO_LARGE, `a message may have at most ${MAX_MESSAGE_BYTES} bytes`);
    }
    return { isFinal, isCompressed, opcode, mask, length };
  }

  /** Returns why a frame may not come now: RFC 6455 §5.4 and §5.5, RFC 7692 §6. */
  #problemOf({
    opcode,
    isFinal,
    isCompressed,
    length,
  }: Omit<FrameHead, 'mask'>): string | undefined {
    const isData = opcode === OPCODE.text || opcode === OPCODE.binary;
    if (isCompressed && !(isData && this.#mayCompress)) return 'a reserved bit is set';
    if (isData) return this.#message && 'the message before has not ended';
    if (opcode === OPCODE.continuation) {
      return this.#message === undefined ? 'there is no message to continue' : undefined;
    }
    if (opcode < OPCODE.close || opcode > OPCODE.pong) return 'the opcode is unknown';
    if (!isFinal) return 'control frames have no fragments';
    if (length > MAX_CONTROL_BYTES) return 'the control frame is too long';
    return opcode === OPCODE.close && length === 1 ? 'the close code is incomplete' : undefined;
  }

  #take(head: FrameHead, payload: Buffer): void {
    const { opcode, isFinal } = head;
    if (opcode === OPCODE.close) return this.#close(payload);
    if (opcode === OPCODE.ping) return this.#handler.ping(payload);
    if (opcode === OPCODE.pong) return this.#handler.pong();
    if (opcode !== OPCODE.continuation) {
      this.#opcode = opcode;
      this.#isCompressed = head.isCompressed;
      if (isFinal) return this.#deliver(payload);
      this.#message = new Growing();
    }
    const message = this.#message?.append(payload) ?? payload;
    if (!isFinal) return;
    this.#message = undefined;
    this.#deliver(message);
  }

  #deliver(message: Buffer): void {
    const inflated = this.#isCompressed ? this.#inflate(message) : message;
    if (inflated === undefined) return;
    this.#bytesOfTurn += Math.max(inflated.length, MIN_BYTES_PER_MESSAGE);
    if (this.#opcode === OPCODE.binary) return this.#handler.binary();
    if (isUtf8(inflated)) this.#handler.text(inflated.toString());
    else this.#fail(INVALID_TEXT, 'the text is not valid UTF-8');
  }

  #inflate(message: Buffer): Buffer | undefined {
    try {
      return inflateRawSync(Buffer.concat([message, FLUSH_END]), {
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: MAX_MESSAGE_BYTES,
      });
    } catch (error) {
      const isTooLarge = error instanceof RangeError;
      return isTooLarge
        ? this.#fail(TOO_LARGE, `a message may have at most ${MAX_MESSAGE_BYTES} bytes`)
        : this.#fail(INVALID_TEXT, 'the compressed message is damaged');
    }
  }

  #close(payload: Buffer): void {
    const code = payload.length === 0 ? undefined : payload.readUInt16BE(0);
    if (code !== undefined && !isCloseCode(code)) {
      this.#fail(PROTOCOL_ERROR, 'the close code is invalid');
    } else if (!isUtf8(payload.subarray(2))) {
      this.#fail(INVALID_TEXT, 'the reason is not valid UTF-8');
    } else {
      this.stop();
      this.#handler.peerClosed(code);
    }
  }

  #fail(code: number, reason: string): undefined {
    this.stop();
    this.#handler.failed(code, reason);
  }
}

/** Bytes that come in pieces. Each piece is copied, so that none keeps a larger buffer, and few are copied twice. */
class Growing {
  #bytes: Buffer | undefined;
  length = 0;

  /** Returns what there is now. It is valid until the next call. */
  append(piece: Buffer): Buffer {
    const length = this.length + piece.length;
    if (this.#bytes === undefined || length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.length));
      this.#bytes?.copy(larger, 0, 0, this.length);
      this.#bytes = larger;
    }
    piece.copy(this.#bytes, this.length);
    this.length = length;
    return this.#bytes.subarray(0, length);
  }
}

/** RFC 6455 §5.3 */
function unmask(payload: Buffer, mask: Buffer): void {
  for (let at = 0; at < payload.length; at += 1) {
    payload[at] = (payload[at] ?? 0) ^ (mask[at & 3] ?? 0);
  }
}

/** Larger numbers than a double can hold exactly are too large all the same. */
function longLength(bytes: Buffer, at: number, short: number): number {
  return short === LENGTH_16
    ? bytes.readUInt16BE(at)
    : bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}

/** RFC 6455 §7.4.2, and what is registered since. */
function isCloseCode(code: number): boolean {
  return (
    (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) ||
    (code >= 3000 && code <= 4999)
  );
}
