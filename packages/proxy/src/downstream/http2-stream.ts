import type { ClientStream } from '../exchange/client-stream.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { ERROR, Http2Error } from '../http2/frames.ts';
import { ReceiveWindow } from '../http2/receive-window.ts';
import { withLength } from '../http2/request.ts';
import { headBlock, responseBlock, trailerBlock } from '../http2/response.ts';
import { DONE, endWith, MORE, NO_PARTS, sizeOf } from '../message.ts';
import type { BodyEnd, RequestHead, ResponseHead } from '../message.ts';
import type { Problem } from '../problems.ts';
import type { Http2Output } from '../sockets/http2-output.ts';
import { StreamOutput } from '../sockets/stream-output.ts';
import type { StreamOutputOwner } from '../sockets/stream-output.ts';

/** What a client may send of a body before it is taken. */
export const STREAM_WINDOW: number = 256 * 1024;

/** What a stream needs of its connection. */
export interface Http2StreamOwner {
  readonly output: Http2Output;
  newExchange(stream: Http2Stream, head: RequestHead): Exchange;
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
export class Http2Stream implements ClientStream, StreamOutputOwner {
  readonly id: number;
  readonly #owner: Http2StreamOwner;
  readonly #output: StreamOutput;
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
  readonly #window = new ReceiveWindow(STREAM_WINDOW);
  #isFinished = false;
  #isMalformed = false;
  /** Whether the connection has forgotten it. */
  #isClosed = false;
  #deadline = Infinity;

  /** @param sendWindow what the client takes of each stream at first */
  constructor(id: number, owner: Http2StreamOwner, sendWindow: number, hasEnded: boolean) {
    this.id = id;
    this.#owner = owner;
    this.#output = new StreamOutput(id, owner.output, sendWindow, this);
    this.#hasEnded = hasEnded;
  }

  get heldBytes(): number {
    const early = this.#early === undefined ? 0 : sizeOf(this.#early);
    return this.#output.pendingBytes + early + (this.#exchange?.heldBytes ?? 0);
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
    this.#output.isReset = this.#isMalformed;
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
    this.#output.drop();
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
    if (!this.#window.take(windowBytes))
      throw this.#error(ERROR.flowControl, 'more DATA than allowed');
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
    return this.#output.grow(increment);
  }

  onProgress(): void {
    if (this.#isFinished) this.#deadline = this.#owner.giveUpAt();
  }

  onDrain(): void {
    if (!this.#isFinished) this.#exchange?.onClientDrain();
  }

  sendTrailers(lines: string): void {
    this.#owner.output.sendBlock(this.id, trailerBlock(lines), true);
  }

  onSent(): void {
    if (this.#isFinished && !this.#isMalformed) this.#close(this.#endCode());
  }

  sendInformational(head: ResponseHead): boolean {
    this.#owner.output.sendBlock(this.id, headBlock(head, head.status), false);
    return this.#output.flows();
  }

  sendUpgrade(head: ResponseHead): void {
    this.#owner.upgraded();
    this.#owner.output.sendBlock(this.id, headBlock(head, 200), false);
    const early = this.#early ?? [];
    this.#early = undefined;
    if (early.length > 0 || this.#hasEnded) this.#exchange?.onRequestData(early, this.#earlyEnd);
    this.#grant();
  }

  sendHead(head: ResponseHead, requestId: string, parts: readonly Buffer[], end: BodyEnd): boolean {
    const isAll = end.done && end.trailers === '' && parts.length === 0 && !this.#isMalformed;
    this.#owner.output.sendBlock(this.id, responseBlock(head, requestId), isAll);
    if (!isAll) return this.write(parts, end);
    this.#output.ended();
    return true;
  }

  write(parts: readonly Buffer[], end: BodyEnd): boolean {
    return this.#output.write(parts, end);
  }

  get hasPendingWrites(): boolean {
    return this.#output.holdsParts;
  }

  reset(): void {
    this.#close(ERROR.internal);
  }

  finish(): void {
    this.#isFinished = true;
    this.#deadline = this.#owner.giveUpAt();
    // RFC 9113 §8.1.1. Later, because clients drop a response that comes together with a reset.
    if (this.#isMalformed) setImmediate(() => this.#close(ERROR.protocol));
    else if (this.#output.isSent) this.#close(this.#endCode());
    // A tunnel whose upstream broke off (RFC 8441 §5).
    else if (!this.#output.isDone) this.#close(ERROR.cancel);
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
    if (this.#isPaused || this.#hasEnded || this.#isFinished || this.#early !== undefined) return;
    const increment = this.#window.renew();
    if (increment > 0) this.#owner.output.sendWindowUpdate(this.id, increment);
  }

  /** RFC 9113 §8.1: what the client still sends of its request is not read. */
  #endCode(): number | undefined {
    return this.#hasEnded ? undefined : ERROR.none;
  }

  #close(code: number | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isFinished = true;
    this.#output.forget();
    this.#owner.closed(this, code);
  }

  #error(code: number, message: string): Http2Error {
    return new Http2Error(code, message, this.id);
  }
}

const EMPTY = Buffer.alloc(0);
