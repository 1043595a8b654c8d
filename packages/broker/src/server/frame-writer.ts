import type { Duplex } from 'node:stream';
import { constants, deflateRawSync } from 'node:zlib';
import type { WebSocket } from 'ws';
import { UnreadBudget } from '@rollcall/runtime';
import { WriteBatcher } from './write-batcher.ts';

/** RFC 6455 §5.2: a final text frame. Servers do not mask. */
const FINAL_TEXT = 0x81;

/** RFC 7692 §6: the payload is compressed. */
const COMPRESSED = 0x40;

/** Compressing shorter texts saves less than a packet. */
const MIN_COMPRESSED_BYTES = 256;

/** RFC 7692 §7.2.1: the end of a flushed block, which is not sent. */
const FLUSH_END_BYTES = 4;

/** RFC 6455 §5.2: mark a length of 16 or 64 bits. Shorter lengths are in the byte itself. */
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/**
 * What waits for the end of a turn is written at the latest when so many bytes of frames were encoded, such as the members of
 * a presence channel for each that joins. What clients do not take then counts as unread.
 */
const MAX_ENCODED_BYTES = 16 * 1024 * 1024;

/** Encodes a text as one WebSocket frame. */
export function encodeFrame(text: string): Buffer {
  const { frame, head } = frameOf(Buffer.byteLength(text), FINAL_TEXT);
  frame.write(text, head);
  return frame;
}

/** Encodes a text as one compressed WebSocket frame, which depends on no frame before. A short text is not compressed. */
function encodeCompressedFrame(text: string): Buffer {
  const plain = encodeFrame(text);
  if (plain.length < MIN_COMPRESSED_BYTES) return plain;
  const deflated = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH });
  const payload = deflated.subarray(0, -FLUSH_END_BYTES);
  const { frame, head } = frameOf(payload.length, FINAL_TEXT | COMPRESSED);
  payload.copy(frame, head);
  return frame.length < plain.length ? frame : plain;
}

/** A frame without its payload, which starts at `head`. */
function frameOf(length: number, firstByte: number): { frame: Buffer; head: number } {
  const head = length < LENGTH_16 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = firstByte;
  if (head === 2) {
    frame[1] = length;
  } else if (head === 4) {
    frame[1] = LENGTH_16;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = LENGTH_64;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  return { frame, head };
}

/** Caches the frame of the last text, because all receivers of a broadcast are sent the same text in succession. */
class LastFrame {
  readonly #encode: (text: string) => Buffer;
  #text: string | undefined;
  #frame: Buffer = Buffer.alloc(0);

  constructor(encode: (text: string) => Buffer) {
    this.#encode = encode;
  }

  of(text: string): Buffer {
    if (text !== this.#text) {
      this.#frame = this.#encode(text);
      this.#text = text;
    }
    return this.#frame;
  }
}

/** Caches the last frames that were joined, because receivers of the same broadcasts are sent the same frames in a turn. */
class LastJoined {
  #frames: readonly Buffer[] = [];
  #bytes: Buffer = Buffer.alloc(0);

  of(frames: readonly Buffer[]): Buffer {
    const isSame =
      frames.length === this.#frames.length &&
      frames.every((frame, index) => frame === this.#frames[index]);
    if (!isSame) {
      this.#bytes = Buffer.concat(frames);
      this.#frames = frames;
    }
    return this.#bytes;
  }
}

/**
 * Writes the frames of all connections directly to their sockets: the WebSocket library would encode and write each frame
 * once per receiver. Frames for one connection are written together at the end of a turn of the event loop, so that 32
 * triggers in a turn take one system call instead of 32.
 */
export class FrameWriters {
  readonly #batcher = new WriteBatcher();
  readonly #plain = new LastFrame((text) => this.#counted(encodeFrame(text)));
  readonly #compressed = new LastFrame((text) => this.#counted(encodeCompressedFrame(text)));
  readonly #joined = new LastJoined();
  readonly #budget: UnreadBudget;
  /** Since frames were last written before the end of a turn. */
  #encodedBytes = 0;

  constructor(budget: UnreadBudget = new UnreadBudget()) {
    this.#budget = budget;
  }

  /**
   * @param socket - the socket that `webSocket` uses.
   * @param isCompressed - whether long frames are compressed, with the largest window and no context.
   */
  open(webSocket: WebSocket, socket: Duplex, isCompressed = false): FrameWriter {
    return new FrameWriter(webSocket, socket, this, isCompressed);
  }

  /** Encodes a text, once for all receivers of a broadcast. */
  encode(text: string, isCompressed: boolean): Buffer {
    return (isCompressed ? this.#compressed : this.#plain).of(text);
  }

  /** Joins frames, once for all connections that are sent the same ones. So they also take memory once. */
  join(frames: readonly Buffer[]): Buffer {
    return this.#joined.of(frames);
  }

  countUnread(writer: FrameWriter, bytes: number): void {
    this.#budget.count(writer, bytes);
  }

  flushLater(writer: FrameWriter): void {
    this.#batcher.flushLater(writer);
  }

  flush(): void {
    this.#batcher.flush();
  }

  #counted(frame: Buffer): Buffer {
    this.#encodedBytes += frame.length;
    if (this.#encodedBytes > MAX_ENCODED_BYTES) {
      this.#encodedBytes = 0;
      this.flush();
    }
    return frame;
  }
}

/** Writes the frames of one connection. */
export class FrameWriter {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  readonly #writers: FrameWriters;
  readonly #isCompressed: boolean;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #onDisconnect: (unreadBytes: number) => void = () => {};

  constructor(webSocket: WebSocket, socket: Duplex, writers: FrameWriters, isCompressed: boolean) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#writers = writers;
    this.#isCompressed = isCompressed;
  }

  /** Bytes that the kernel has not yet accepted, because the client has not read enough. */
  get unsentBytes(): number {
    return this.#socket.writableLength + this.#pendingBytes;
  }

  /** Calls `listener` when the connection is closed because its client does not read enough. */
  onDisconnect(listener: (unreadBytes: number) => void): void {
    this.#onDisconnect = listener;
  }

  /** Closes the connection without a close frame, which the client would not read either. */
  disconnect(): void {
    const unreadBytes = this.unsentBytes;
    this.forget();
    this.#onDisconnect(unreadBytes);
    // The session ends on 'close', which comes later: this may be one of many writes of a broadcast.
    this.#webSocket.terminate();
  }

  /** Drops what is pending, and counts nothing of this connection as unread any more. */
  forget(): void {
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#writers.countUnread(this, 0);
  }

  send(text: string): void {
    const frame = this.#writers.encode(text, this.#isCompressed);
    this.#pendingBytes += frame.length;
    if (this.#pending.push(frame) === 1) this.#writers.flushLater(this);
  }

  /** Writes the pending frames now. Needed before a close, which must follow them. */
  flush(): void {
    const [first] = this.#pending;
    if (first === undefined) return;
    const bytes = this.#pending.length === 1 ? first : this.#writers.join(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    // Nothing may come after a close (RFC 6455 §5.5.1).
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    this.#socket.write(bytes);
    this.#writers.countUnread(this, this.#socket.writableLength);
  }
}
