import { passedTrailers } from '../http1/fields.ts';
import type { RequestFacts } from '../http1/write-request.ts';
import type { HeaderField } from '../http2/hpack-static-table.ts';
import { ERROR } from '../http2/frames.ts';
import { ReceiveWindow } from '../http2/receive-window.ts';
import { requestBlock } from '../http2/request-block.ts';
import type { RequestOrigin } from '../http2/request-block.ts';
import { trailerBlock } from '../http2/response.ts';
import { parseResponseHead, SHORT } from '../http2/response-head.ts';
import { trailerLines } from '../http2/trailers.ts';
import { NO_WEB_SOCKET, switchedHead } from '../http2/web-socket.ts';
import { DONE, endWith, MORE, NO_PARTS } from '../message.ts';
import type { BodyEnd, RequestHead } from '../message.ts';
import type { Http2Output } from '../sockets/http2-output.ts';
import { StreamOutput } from '../sockets/stream-output.ts';
import type { StreamOutputOwner } from '../sockets/stream-output.ts';
import { ResetError } from './reset-error.ts';
import type { ResponseHandler } from './response-handler.ts';
import type { UpstreamStream } from './upstream-stream.ts';

/** What an upstream may send of a body before it is taken. */
export const STREAM_WINDOW: number = 256 * 1024;
/** 1xx that are held while the client takes none: no window limits them. */
const MAX_HELD_1XX = 16;

/** What a stream needs of the sessions to its upstream: the pool. */
export interface StreamPlaces {
  readonly origin: RequestOrigin;
  /** Begins a stream on a session with room, now or later. */
  place(stream: Http2UpstreamStream): void;
  /** A stream does not wait any more. */
  withdraw(stream: Http2UpstreamStream): void;
  open(): UpstreamStream;
}

/** What a stream needs of its session. */
export interface StreamSession {
  readonly output: Http2Output;
  /** Whether a request may become a WebSocket (RFC 8441 §3). */
  readonly takesWebSockets: boolean;
  /** The exchange needs a stream no more. @param code to reset it with, unless both sides have ended it */
  leave(streamId: number, code: number | undefined): void;
  /** A stream is over on both sides. */
  forget(streamId: number): void;
}

/** One request to an upstream by HTTP/2: it waits until a session has room for it. */
export class Http2UpstreamStream implements UpstreamStream, StreamOutputOwner {
  /** One that has ended is retried elsewhere, or on another session. */
  readonly isReused = true;
  readonly mayRefuse = true;
  readonly takesTrailers = true;
  hasResponded = false;
  isRefused = false;
  readonly #pool: StreamPlaces;
  #handler: ResponseHandler | undefined;
  #session: StreamSession | undefined;
  #id = 0;
  #output: StreamOutput | undefined;
  readonly #window = new ReceiveWindow(STREAM_WINDOW);
  #isPaused = false;
  /** 1xx that have come since it was paused. */
  #held1xx = 0;
  /** The request, if it asks for a WebSocket. */
  #upgrading: RequestHead | undefined;
  /** Whether the head of the request was sent. */
  #hasBegun = false;
  /** Whether the head of the response has come, and all of it. */
  #hasHead = false;
  #hasEnded = false;
  /** Bytes of the body that are still to come, if its length is known. */
  #left: number | undefined;

  constructor(pool: StreamPlaces) {
    this.#pool = pool;
  }

  get isConnected(): boolean {
    return this.#session !== undefined;
  }

  get pendingBytes(): number {
    return this.#output?.pendingBytes ?? 0;
  }

  get holdsParts(): boolean {
    return this.#output?.holdsParts ?? false;
  }

  carry(handler: ResponseHandler): void {
    this.#handler = handler;
    this.#pool.place(this);
  }

  /** A session has room. */
  begin(session: StreamSession, id: number, sendWindow: number): void {
    this.#session = session;
    this.#id = id;
    this.#output = new StreamOutput(id, session.output, sendWindow, this);
  }

  /** It has begun after it had to wait. */
  connected(): void {
    this.#handler?.onConnected();
  }

  send(head: RequestHead, facts: RequestFacts, parts: readonly Buffer[], end: BodyEnd): boolean {
    const endsStream = end.done && end.trailers === '' && parts.length === 0 && !head.upgrades;
    if (head.upgrades && this.#session?.takesWebSockets !== true) return this.#refuseWebSocket();
    const block = requestBlock(head, facts, this.#pool.origin);
    this.#session?.output.sendBlock(this.#id, block, endsStream);
    this.#hasBegun = true;
    if (head.upgrades) this.#upgrading = head;
    else if (!endsStream) return this.write(parts, end);
    else this.#output?.ended();
    return true;
  }

  write(parts: readonly Buffer[], end: BodyEnd): boolean {
    return this.#output?.write(parts, end) ?? true;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#held1xx = 0;
    this.#grant();
  }

  another(): UpstreamStream {
    return this.#pool.open();
  }

  abandon(): void {
    this.#handler = undefined;
    this.#end(ERROR.cancel);
  }

  giveBack(): void {
    this.abandon();
  }

  /** It is over because of its session, or will not begin. @param isRefused see {@link UpstreamStream} */
  fail(error: Error, isRefused = false): void {
    const handler = this.#handler;
    this.#handler = undefined;
    this.isRefused = isRefused;
    this.#output?.drop();
    handler?.onError(error);
  }

  receiveBlock(fields: readonly HeaderField[] | undefined, endsStream: boolean): void {
    const handler = this.#handler;
    this.hasResponded = true;
    if (handler === undefined) return;
    if (fields === undefined) return this.#break('sent a response head that is too large');
    if (this.#hasHead) return this.#receiveTrailers(fields, endsStream);
    const head = parseResponseHead(fields, handler.method, endsStream);
    if (typeof head === 'string') return this.#break(head);
    if (head.status < 200) {
      if (this.#isPaused && ++this.#held1xx > MAX_HELD_1XX)
        return this.#break('sent more 1xx than the client takes');
      return handler.onInformational(head);
    }
    this.#hasHead = true;
    if (this.#upgrading !== undefined && head.status === 200) {
      handler.onUpgrade(switchedHead(head, this.#upgrading), EMPTY);
      if (endsStream) this.receiveData(EMPTY, 0, true);
      return;
    }
    this.#hasEnded = endsStream;
    if (head.length >= 0) this.#left = head.length;
    handler.onHead(head, NO_PARTS, endsStream ? DONE : MORE);
  }

  receiveData(content: Buffer, windowBytes: number, endsStream: boolean): void {
    if (!this.#hasHead || this.#hasEnded) return this.#break('sent DATA where there is none');
    if (!this.#window.take(windowBytes)) return this.#break('sent more than it may');
    if (this.#left !== undefined) {
      this.#left -= content.length;
      if (this.#left < 0 || (endsStream && this.#left > 0)) return this.#break(SHORT);
    }
    this.#hasEnded = endsStream;
    if (content.length === 0 && !endsStream) return this.#grant();
    // Another stream is read next into the same buffer.
    const parts = content.length === 0 ? NO_PARTS : [Buffer.from(content)];
    this.#handler?.onData(parts, endsStream ? DONE : MORE);
    this.#closeTunnel();
    this.#grant();
  }

  receiveReset(code: number): void {
    this.#session?.forget(this.#id);
    this.fail(new ResetError(code), code === ERROR.refusedStream);
  }

  /** @returns false if the window is larger than it may be */
  grow(increment: number): boolean {
    return this.#output?.grow(increment) ?? true;
  }

  onProgress(): void {}

  onDrain(): void {
    this.#handler?.onDrain();
  }

  sendTrailers(lines: string): void {
    this.#session?.output.sendBlock(this.#id, trailerBlock(lines), true);
  }

  onSent(): void {
    this.#closeTunnel();
  }

  /** As a response, because it is no fault of the upstream. Later, when it has been sent as far as the exchange knows. */
  #refuseWebSocket(): true {
    queueMicrotask(() => this.#handler?.onHead(NO_WEB_SOCKET, NO_PARTS, DONE));
    return true;
  }

  #receiveTrailers(fields: readonly HeaderField[], endsStream: boolean): void {
    const lines = trailerLines(fields);
    if (lines === undefined || !endsStream || this.#hasEnded)
      return this.#break('sent malformed trailers');
    if (this.#left !== undefined && this.#left > 0) return this.#break(SHORT);
    this.#hasEnded = true;
    this.#handler?.onData(NO_PARTS, endWith(passedTrailers(lines, false)));
    this.#closeTunnel();
  }

  /** A tunnel that both sides have ended is closed, as a connection of HTTP/1.1 would be: the exchange waits for that. */
  #closeTunnel(): void {
    if (this.#upgrading === undefined || !this.#hasEnded || this.#output?.isSent !== true) return;
    this.#session?.forget(this.#id);
    this.fail(new Error('closed the tunnel'));
  }

  /** Lets the upstream send as much as it has sent, if that is taken. */
  #grant(): void {
    if (this.#isPaused || this.#hasEnded || this.#handler === undefined) return;
    const increment = this.#window.renew();
    if (increment > 0) this.#session?.output.sendWindowUpdate(this.#id, increment);
  }

  #break(reason: string): void {
    this.#end(ERROR.protocol);
    this.fail(new Error(reason));
  }

  /** Leaves the session. What is open of the stream is reset. */
  #end(code: number): void {
    this.#output?.drop();
    this.#pool.withdraw(this);
    // RFC 9113 §5.1: a reset of a stream that is idle would end the session.
    const isOpen = this.#hasBegun && !(this.#hasEnded && this.#output?.isSent === true);
    this.#session?.leave(this.#id, isOpen ? code : undefined);
  }
}

const EMPTY = Buffer.alloc(0);
