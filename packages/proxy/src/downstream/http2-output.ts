import { DEFAULT_WINDOW, FLAG, FRAME, frameHeader } from '../http2/frames.ts';
import { pendingBytes } from '../node-internals.ts';
import type { ClientSocket } from '../proxy.ts';
import { JOIN_BYTES } from '../sockets/write-message.ts';
import { needsDrain, writeText } from '../sockets/write-text.ts';

/** What is collected before it is written, in one turn of the event loop. */
const MAX_BYTES = 64 * 1024;

/** A stream that waits until it may send. */
export interface Sender {
  /** Sends one frame, or calls back that all is sent. Waits again if there is more. */
  sendNext(): void;
}

/** What a connection by HTTP/2 sends: the frames of one turn of the event loop are written together. */
export class Http2Output {
  /** Bytes of DATA that the client takes for all streams together. */
  window: number = DEFAULT_WINDOW;
  readonly #socket: ClientSocket;
  readonly #onSent: (bytes: number) => void;
  /** What is to be written, the text last. */
  #parts: (Buffer | string)[] = [];
  #partsBytes = 0;
  #text = '';
  /** In the order in which they take turns. */
  readonly #waiting = new Set<Sender>();

  /** @param onSent called with the size of each frame of DATA */
  constructor(socket: ClientSocket, onSent: (bytes: number) => void) {
    this.#socket = socket;
    this.#onSent = onSent;
  }

  /** Whether the client should be given time to take what was written. */
  get isBlocked(): boolean {
    return needsDrain(this.#socket);
  }

  /** Whether bytes that were handed to it by reference are still to be written. */
  get holdsParts(): boolean {
    return this.#partsBytes > 0 || this.#socket.writableLength > 0;
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
      this.#socket.cork();
      for (const part of parts) this.#write(part);
      if (text !== '') this.#write(text);
      this.#socket.uncork();
    } else if (text !== '' && this.#socket.writable) writeText(this.#socket, text);
  }

  #write(part: Buffer | string): void {
    if (this.#socket.writable) this.#socket.write(part, 'latin1');
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
