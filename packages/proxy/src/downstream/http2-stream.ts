import type { ClientStream } from '../exchange/client-stream.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { DEFAULT_MAX_FRAME_BYTES, ERROR, Http2Error, MAX_WINDOW } from '../http2/frames.ts';
import { withLength } from '../http2/request.ts';
import { headBlock, responseBlock, trailerBlock } from '../http2/response.ts';
import { DONE, endWith, MORE, NO_PARTS, sizeOf } from '../message.ts';
import type { BodyEnd, RequestHead, ResponseHead } from '../message.ts';
import type { Problem } from '../problems.ts';
import { JOIN_BYTES } from '../sockets/write-message.ts';
import type { Http2Output, Sender } from './http2-output.ts';

/** What a client may send of a body before it is taken. */
export const STREAM_WINDOW: number = 256 * 1024;

/** What a stream needs of its connection. */
export interface Http2StreamOwner {
  readonly output: Http2Output;
  newExchange(stream: Http2Stream, head: RequestHead): Exchange;
  /** Sends a block of fields. */
  sendBlock(streamId: number, block: string, endsStream: boolean): void;
  /** Lets the client send more. */
  sendWindowUpdate(streamId: number, increment: number): void;
  /** A stream is a tunnel from here on. */
  upgraded(): void;
  /**
   * The stream is over on this side.
   * @param code to reset it with; undefined if the client has ended it too
   */
  closed(stream: Http2Stream, code: number | undefined): void;
  /** @returns by the clock, when a client that takes nothing of a response is given up */
  giveUpAt(): number;
}

/** One request by HTTP/2, and the way of its response back. */
export class Http2Stream implements ClientStream, Sender {
  readonly id: number;
  readonly #owner: Http2StreamOwner;
  readonly #output: Http2Output;
  #exchange: Exchange | undefined;
  /** Of the request's body. */
  #isPaused = false;
  #hasEnded: boolean;
  #head: RequestHead | undefined;
  /** What has come of the body before the exchange began, or of a tunnel before it was opened; undefined from then on. */
  #early: Buffer[] | undefined;
  #earlyEnd = MORE;
  /** Bytes of the body that are still to come, if its length is known. */
  #left: number | undefined;
  /** What the client may still send, and what it has sent since it was last let. */
  #receiveWindow = STREAM_WINDOW;
  #credit = 0;
  /** What the client takes. */
  #sendWindow: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #end = MORE;
  #isSent = false;
  #isFinished = false;
  #isMalformed = false;
  /** Whether the connection has forgotten it. */
  #isClosed = false;
  #deadline = Infinity;

  /** @param sendWindow what the client takes of each stream at first */
  constructor(id: number, owner: Http2StreamOwner, sendWindow: number, hasEnded: boolean) {
    this.id = id;
    this.#owner = owner;
    this.#output = owner.output;
    this.#sendWindow = sendWindow;
    this.#hasEnded = hasEnded;
  }

  get heldBytes(): number {
    const early = this.#early === undefined ? 0 : sizeOf(this.#early);
    return this.#pendingBytes + early + (this.#exchange?.heldBytes ?? 0);
  }

  /** Takes a request. */
  begin(head: RequestHead): void {
    this.#head = head;
    this.#early = [];
    if (this.#hasEnded) this.#earlyEnd = DONE;
    if (!head.upgrades && head.length >= 0) this.#left = head.length;
    if (this.#hasEnded || head.upgrades) this.start();
  }

  /** Begins the exchange, if it has not: all that has come with the head was read. */
  start(): void {
    const head = this.#head;
    if (head === undefined || this.#exchange !== undefined || this.#isFinished) return;
    if (head.upgrades) {
      this.#exchange = this.#owner.newExchange(this, head);
      this.#exchange.start(NO_PARTS, DONE);
      return;
    }
    const parts = this.#early ?? NO_PARTS;
    this.#early = undefined;
    const known = this.#earlyEnd === DONE ? withLength(head, sizeOf(parts)) : head;
    this.#exchange = this.#owner.newExchange(this, known);
    this.#exchange.start(parts, this.#earlyEnd);
    this.#grant();
  }

  /** Answers a request that is malformed, or not served. */
  refuse(exchange: Exchange, problem: Problem): void {
    this.#isMalformed = problem.status === 400;
    exchange.answer(problem);
  }

  check(now: number): void {
    if (!this.#isFinished) this.#exchange?.check(now);
    else if (now >= this.#deadline) this.#close(ERROR.cancel);
  }

  leave(): void {
    this.#exchange?.leave();
  }

  /** The client has reset the stream, or has gone. */
  left(): void {
    this.#isClosed = true;
    this.#output.forget(this);
    this.#pending = [];
    this.#pendingBytes = 0;
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#exchange?.onClientClose();
  }

  /**
   * @param windowBytes what it takes of the window: with its padding
   * @throws Http2Error if the client sends what it may not
   */
  receiveData(payload: Buffer, windowBytes: number, endsStream: boolean): void {
    if (this.#hasEnded) throw this.#error(ERROR.streamClosed, 'DATA behind the end of the stream');
    this.#receiveWindow -= windowBytes;
    if (this.#receiveWindow < 0) throw this.#error(ERROR.flowControl, 'more DATA than allowed');
    this.#credit += windowBytes;
    this.#receive(payload, endsStream ? DONE : MORE);
    this.#grant();
  }

  /** @param lines undefined if they are malformed */
  receiveTrailers(lines: string | undefined): void {
    if (this.#hasEnded)
      throw this.#error(ERROR.streamClosed, 'HEADERS behind the end of the stream');
    if (lines === undefined) throw this.#error(ERROR.protocol, 'the trailers are malformed');
    this.#receive(EMPTY, endWith(lines));
  }

  /**
   * The client takes more of the response; or less, if its SETTINGS say so.
   * @returns false if that is more than a window may be
   */
  grow(increment: number): boolean {
    this.#sendWindow += increment;
    if (this.#sendWindow > MAX_WINDOW) return false;
    if (this.#sendWindow > 0 && this.#pendingBytes > 0) {
      this.#output.await(this);
      this.#output.resume();
    }
    return true;
  }

  sendNext(): void {
    const size = this.#sendable();
    if (size > 0) this.#sendPending(size);
    if (this.#pendingBytes > 0) this.#wait();
    else if (!this.#isFinished) this.#exchange?.onClientDrain();
  }

  sendInformational(head: ResponseHead): boolean {
    this.#owner.sendBlock(this.id, headBlock(head, head.status), false);
    return this.#flows();
  }

  sendUpgrade(head: ResponseHead): void {
    this.#owner.upgraded();
    this.#owner.sendBlock(this.id, headBlock(head, 200), false);
    const early = this.#early ?? [];
    this.#early = undefined;
    if (early.length > 0 || this.#hasEnded) this.#exchange?.onRequestData(early, this.#earlyEnd);
    this.#grant();
  }

  sendHead(head: ResponseHead, requestId: string, parts: readonly Buffer[], end: BodyEnd): boolean {
    const isAll = end.done && end.trailers === '' && parts.length === 0 && !this.#isMalformed;
    this.#owner.sendBlock(this.id, responseBlock(head, requestId), isAll);
    if (!isAll) return this.write(parts, end);
    this.#end = end;
    this.#isSent = true;
    return true;
  }

  write(parts: readonly Buffer[], end: BodyEnd): boolean {
    const size = sizeOf(parts);
    this.#end = end;
    // At once and uncopied, as nearly all of it.
    if (this.#pendingBytes === 0 && size <= this.#limit()) this.#send(parts, size);
    else if (size > 0) this.#hold(parts, size);
    for (let next = this.#sendable(); next > 0; next = this.#sendable()) this.#sendPending(next);
    this.#output.flushParts();
    return this.#flows();
  }

  get hasPendingWrites(): boolean {
    return this.#pendingBytes > 0 || this.#output.holdsParts;
  }

  reset(): void {
    this.#close(ERROR.internal);
  }

  finish(): void {
    this.#isFinished = true;
    this.#deadline = this.#owner.giveUpAt();
    // RFC 9113 §8.1.1. Later, because clients drop a response that comes together with a reset.
    if (this.#isMalformed) setImmediate(() => this.#close(ERROR.protocol));
    else if (this.#isSent) this.#close(this.#endCode());
    // A tunnel whose upstream broke off (RFC 8441 §5).
    else if (!this.#end.done) this.#close(ERROR.cancel);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#grant();
  }

  #receive(payload: Buffer, end: BodyEnd): void {
    this.#hasEnded = end.done;
    if (this.#left !== undefined) {
      this.#left -= payload.length;
      // RFC 9113 §8.1.1: as HTTP/1.1, it would be read as another request.
      if (this.#left < 0 || (end.done && this.#left > 0))
        throw this.#error(ERROR.protocol, 'the body does not have its Content-Length');
    }
    if (payload.length === 0 && !end.done) return;
    const parts = payload.length === 0 ? NO_PARTS : [Buffer.from(payload)];
    if (this.#early === undefined) this.#exchange?.onRequestData(parts, end);
    else {
      this.#early.push(...parts);
      this.#earlyEnd = end;
    }
  }

  /** Lets the client send as much as it has sent, if that is taken. */
  #grant(): void {
    const isDue = this.#credit >= STREAM_WINDOW / 2 && this.#early === undefined;
    if (!isDue || this.#isPaused || this.#hasEnded || this.#isFinished) return;
    this.#receiveWindow += this.#credit;
    this.#owner.sendWindowUpdate(this.id, this.#credit);
    this.#credit = 0;
  }

  /** Bytes that one frame may carry now. */
  #limit(): number {
    if (this.#output.isBlocked) return 0;
    // A larger frame, if the client takes one, would keep the other streams waiting.
    return Math.max(0, Math.min(this.#sendWindow, this.#output.window, DEFAULT_MAX_FRAME_BYTES));
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
    if (this.#isFinished) this.#deadline = this.#owner.giveUpAt();
    this.#send(parts, size);
  }

  /** Sends a frame of DATA, and what follows the last one. */
  #send(parts: readonly Buffer[], size: number): void {
    const { done, trailers } = this.#end;
    const isLast = done && this.#pendingBytes === 0;
    const endsStream = isLast && trailers === '' && !this.#isMalformed;
    this.#sendWindow -= size;
    if (size > 0 || endsStream) this.#output.sendData(this.id, parts, size, endsStream);
    if (!isLast) return;
    if (trailers !== '') this.#owner.sendBlock(this.id, trailerBlock(trailers), true);
    this.#isSent = true;
    if (this.#isFinished && !this.#isMalformed) this.#close(this.#endCode());
  }

  /** @returns false if it calls `onClientDrain` later */
  #flows(): boolean {
    if (this.#isSent || (this.#pendingBytes === 0 && !this.#output.isBlocked)) return true;
    this.#wait();
    return false;
  }

  #wait(): void {
    // If its own window is used up, `grow` goes on.
    if (this.#pendingBytes === 0 || this.#sendWindow > 0) this.#output.await(this);
  }

  /** RFC 9113 §8.1: what the client still sends of its request is not read. */
  #endCode(): number | undefined {
    return this.#hasEnded ? undefined : ERROR.none;
  }

  #close(code: number | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isFinished = true;
    this.#output.forget(this);
    this.#owner.closed(this, code);
  }

  #error(code: number, message: string): Http2Error {
    return new Http2Error(code, message, this.id);
  }
}

const EMPTY = Buffer.alloc(0);
