import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { WriteBatcher } from './write-batcher.ts';

/** RFC 6455 §5.2: a final frame of text, not masked, for a server does not mask. */
const FINAL_TEXT = 0x81;

/** Where lengths of 16 and of 64 bits begin, which is also what announces them. */
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** A text as one frame of a WebSocket. */
export function encodeFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const head = length < LENGTH_16 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = FINAL_TEXT;
  if (head === 2) {
    frame[1] = length;
  } else if (head === 4) {
    frame[1] = LENGTH_16;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = LENGTH_64;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, head);
  return frame;
}

/**
 * Writes the frames of all connections, past the WebSocket library, which would encode and write each
 * of them for each receiver. What comes for one connection in one turn of the event loop is written
 * at its end, at once: at 32 triggers in a turn that is one system call in place of 32.
 */
export class FrameWriters {
  readonly #endOfTurn = new WriteBatcher();
  #lastText: string | undefined;
  #lastFrame: Buffer = Buffer.alloc(0);

  /** @param socket - what `webSocket` runs over. */
  open(webSocket: WebSocket, socket: Duplex): FrameWriter {
    return new FrameWriter(webSocket, socket, this);
  }

  /** A broadcast sends one text to many, one after the other: it is encoded once. */
  encode(text: string): Buffer {
    if (text !== this.#lastText) {
      this.#lastFrame = encodeFrame(text);
      this.#lastText = text;
    }
    return this.#lastFrame;
  }

  flushLater(outlet: FrameWriter): void {
    this.#endOfTurn.flushLater(outlet);
  }

  flush(): void {
    this.#endOfTurn.flush();
  }
}

/** The way out of one connection. */
export class FrameWriter {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  readonly #outlets: FrameWriters;
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  constructor(webSocket: WebSocket, socket: Duplex, outlets: FrameWriters) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#outlets = outlets;
  }

  /** What was sent and is not yet with the system: what the client has left unread, and a little more. */
  get unsentBytes(): number {
    return this.#socket.writableLength + this.#pendingBytes;
  }

  send(text: string): void {
    const frame = this.#outlets.encode(text);
    this.#pendingBytes += frame.length;
    if (this.#pending.push(frame) === 1) this.#outlets.flushLater(this);
  }

  /** Writes what waits: before a close, which must come after it. */
  flush(): void {
    const [first] = this.#pending;
    if (first === undefined) return;
    const bytes = this.#pending.length === 1 ? first : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    // Nothing may come after a close (RFC 6455 §5.5.1).
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#socket.write(bytes);
  }
}
