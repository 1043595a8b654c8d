import type { Writable } from 'node:stream';
import {
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_WINDOW,
  ERROR,
  FLAG,
  FRAME,
  frameHeader,
  headersFrames,
  Http2Error,
  MAX_WINDOW,
  windowUpdateFrame,
} from '../http2/frames.ts';
import { NO_TABLE } from '../http2/hpack-encoder.ts';
import { pendingBytes } from '../node-internals.ts';
import { JOIN_BYTES } from './write-message.ts';
import { needsDrain, writeAll, writeText } from './write-text.ts';

/** What is collected before it is written, in one turn of the event loop. */
const MAX_BYTES = 64 * 1024;

/** A stream that waits until it may send. */
export interface Sender {
  /** Sends one frame, or calls back that all is sent. Waits again if there is more. */
  sendNext(): void;
}

/** What a connection by HTTP/2 sends: the frames of one turn of the event loop are written together. */
export class Http2Output {
  /** Bytes of DATA that the peer takes for all streams together. */
  window: number = DEFAULT_WINDOW;
  readonly #socket: Writable;
  readonly #onSent: (bytes: number) => void;
  /** What is to be written, the text last. */
  #parts: (Buffer | string)[] = [];
  #partsBytes = 0;
  #text = '';
  #hasSentBlock = false;
  /** In the order in which they take turns. */
  readonly #waiting = new Set<Sender>();

  /** @param onSent called with the size of each frame of DATA */
  constructor(socket: Writable, onSent: (bytes: number) => void) {
    this.#socket = socket;
    this.#onSent = onSent;
  }

  /** Whether the peer should be given time to take what was written. */
  get isBlocked(): boolean {
    return needsDrain(this.#socket);
  }

  /** Whether bytes that were handed to it by reference are still to be written. */
  get holdsParts(): boolean {
    return this.#partsBytes > 0 || pendingBytes(this.#socket) > 0;
  }

  get heldBytes(): number {
    return this.#partsBytes + this.#text.length + pendingBytes(this.#socket);
  }

  /** Sends frames, which no window limits. */
  send(frames: string): void {
    if (this.#text === '') toFlush(this);
    this.#text += frames;
    if (this.#text.length > MAX_BYTES) this.flush();
  }

  /** Sends a block of fields. */
  sendBlock(streamId: number, block: string, endsStream: boolean): void {
    const whole = this.#hasSentBlock ? block : NO_TABLE + block;
    this.#hasSentBlock = true;
    this.send(headersFrames(streamId, whole, endsStream, DEFAULT_MAX_FRAME_BYTES));
  }

  /** Lets the peer send more: on a stream, or with 0 on all of them together. */
  sendWindowUpdate(streamId: number, increment: number): void {
    this.send(windowUpdateFrame(streamId, increment));
  }

  /** The peer takes more of all streams together. @throws Http2Error if that is more than a window may be */
  grow(increment: number): void {
    this.window += increment;
    if (this.window > MAX_WINDOW)
      throw new Http2Error(ERROR.flowControl, 'the window of the connection is too large');
    this.resume();
  }

  /** Sends a frame of DATA, within the windows. */
  sendData(streamId: number, parts: readonly Buffer[], size: number, endsStream: boolean): void {
    this.window -= size;
    this.#onSent(size);
    const header = frameHeader(FRAME.data, endsStream ? FLAG.endStream : 0, streamId, size);
    if (size <= JOIN_BYTES) {
      let text = header;
      for (const part of parts) text += part.toString('latin1');
      this.send(text);
      return;
    }
    this.#parts.push(this.#text + header, ...parts);
    this.#partsBytes += this.#text.length + header.length + size;
    this.#text = '';
    if (this.#partsBytes >= MAX_BYTES) this.flush();
  }

  /** Writes what was handed to it by reference, so that it is known whether it is still held. */
  flushParts(): void {
    if (this.#partsBytes > 0) this.flush();
  }

  /** Notes that a stream waits for the window of the connection, or for the socket. */
  await(sender: Sender): void {
    this.#waiting.add(sender);
  }

  forget(sender: Sender): void {
    this.#waiting.delete(sender);
  }

  /** Streams send in turn, a frame each, until the window or the socket takes no more. */
  resume(): void {
    for (const sender of this.#waiting) {
      if (this.window <= 0 || this.isBlocked) break;
      this.#waiting.delete(sender);
      sender.sendNext();
    }
    this.flushParts();
  }

  flush(): void {
    const parts = this.#parts;
    const text = this.#text;
    this.#text = '';
    if (parts.length > 0) {
      this.#parts = [];
      this.#partsBytes = 0;
      if (text !== '') parts.push(text);
      if (this.#socket.writable) writeAll(this.#socket, parts);
    } else if (text !== '' && this.#socket.writable) writeText(this.#socket, text);
  }
}

let unflushed: Http2Output[] = [];

/** Once all that has come in this turn of the event loop was handled. */
function toFlush(output: Http2Output): void {
  if (unflushed.length === 0) setImmediate(flushAll);
  unflushed.push(output);
}

function flushAll(): void {
  const outputs = unflushed;
  unflushed = [];
  for (const output of outputs) output.flush();
}
