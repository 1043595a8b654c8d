import { DEFAULT_MAX_FRAME_BYTES, MAX_WINDOW } from '../http2/frames.ts';
import { MORE, sizeOf } from '../message.ts';
import type { BodyEnd } from '../message.ts';
import type { Http2Output, Sender } from './http2-output.ts';
import { JOIN_BYTES } from './write-message.ts';

/** What the output of a stream calls: the stream. */
export interface StreamOutputOwner {
  /** Sends the trailers, which end the stream. */
  sendTrailers(lines: string): void;
  /** Some of what has waited was sent. */
  onProgress(): void;
  /** It takes more, after `write` has returned false. */
  onDrain(): void;
  /** The body is sent to its end. */
  onSent(): void;
}

/** Sends the body of one stream of HTTP/2, as its window and that of the connection allow. */
export class StreamOutput implements Sender {
  /** Whether the stream is reset after the body, and so not ended by it. */
  isReset = false;
  /** Whether the body is sent to its end. */
  isSent = false;
  readonly #id: number;
  readonly #output: Http2Output;
  readonly #owner: StreamOutputOwner;
  /** What the peer takes. */
  #window: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #end = MORE;

  /** @param window what the peer takes of each stream at first */
  constructor(id: number, output: Http2Output, window: number, owner: StreamOutputOwner) {
    this.#id = id;
    this.#output = output;
    this.#window = window;
    this.#owner = owner;
  }

  /** Bytes that were handed to it and wait for a window. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Whether bytes that were handed to it by reference are still to be written. */
  get holdsParts(): boolean {
    return this.#pendingBytes > 0 || this.#output.holdsParts;
  }

  /** Whether the whole body was handed to it. */
  get isDone(): boolean {
    return this.#end.done;
  }

  /**
   * The peer takes more; or less, if its SETTINGS say so. What waits is sent by {@link Http2Output.resume}.
   * @returns false if that is more than a window may be
   */
  grow(increment: number): boolean {
    this.#window += increment;
    if (this.#window > MAX_WINDOW) return false;
    if (this.#window > 0 && this.#pendingBytes > 0) this.#output.await(this);
    return true;
  }

  sendNext(): void {
    const size = this.#sendable();
    if (size > 0) this.#sendPending(size);
    if (this.#pendingBytes > 0) this.#wait();
    else this.#owner.onDrain();
  }

  /** @returns false if it calls `onDrain` later */
  write(parts: readonly Buffer[], end: BodyEnd): boolean {
    const size = sizeOf(parts);
    this.#end = end;
    // At once and uncopied, as nearly all of it.
    if (this.#pendingBytes === 0 && size <= this.#limit()) this.#send(parts, size);
    else if (size > 0) this.#hold(parts, size);
    for (let next = this.#sendable(); next > 0; next = this.#sendable()) this.#sendPending(next);
    this.#output.flushParts();
    return this.flows();
  }

  /** There is no body: the head has ended the stream. */
  ended(): void {
    this.isSent = true;
  }

  /** @returns false if it calls `onDrain` later */
  flows(): boolean {
    if (this.isSent || (this.#pendingBytes === 0 && !this.#output.isBlocked)) return true;
    this.#wait();
    return false;
  }

  /** Waits for nothing any more. */
  forget(): void {
    this.#output.forget(this);
  }

  /** Drops what is still to be sent. */
  drop(): void {
    this.forget();
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  /** Bytes that one frame may carry now. */
  #limit(): number {
    if (this.#output.isBlocked) return 0;
    // A larger frame, if the peer takes one, would keep the other streams waiting.
    return Math.max(0, Math.min(this.#window, this.#output.window, DEFAULT_MAX_FRAME_BYTES));
  }

  #sendable(): number {
    return this.#pendingBytes === 0 ? 0 : Math.min(this.#pendingBytes, this.#limit());
  }

  #hold(parts: readonly Buffer[], size: number): void {
    // What is small is overwritten by the next read.
    if (size <= JOIN_BYTES) this.#pending.push(Buffer.concat(parts));
    else this.#pending.push(...parts);
    this.#pendingBytes += size;
  }

  #sendPending(size: number): void {
    const parts: Buffer[] = [];
    for (let left = size; left > 0;) {
      const first = this.#pending[0] ?? EMPTY;
      if (first.length <= left) this.#pending.shift();
      else this.#pending[0] = first.subarray(left);
      const part = first.subarray(0, left);
      parts.push(part);
      left -= part.length;
    }
    this.#pendingBytes -= size;
    this.#owner.onProgress();
    this.#send(parts, size);
  }

  /** Sends a frame of DATA, and what follows the last one. */
  #send(parts: readonly Buffer[], size: number): void {
    const { done, trailers } = this.#end;
    const isLast = done && this.#pendingBytes === 0;
    const endsStream = isLast && trailers === '' && !this.isReset;
    this.#window -= size;
    if (size > 0 || endsStream) this.#output.sendData(this.#id, parts, size, endsStream);
    if (!isLast) return;
    if (trailers !== '') this.#owner.sendTrailers(trailers);
    this.isSent = true;
    this.#owner.onSent();
  }

  #wait(): void {
    // If its own window is used up, `grow` goes on.
    if (this.#pendingBytes === 0 || this.#window > 0) this.#output.await(this);
  }
}

const EMPTY = Buffer.alloc(0);
