import type { Duplex } from 'node:stream';
import type { Context } from '../context.ts';
import { UNREADABLE_HTTP2 } from '../exchange/client-request.ts';
import { Exchange } from '../exchange/exchange.ts';
import type { Block } from '../http2/block-reader.ts';
import {
  DEFAULT_WINDOW,
  ERROR,
  goAwayFrame,
  Http2Error,
  MAX_WINDOW,
  pingFrame,
  PREFACE,
  rstStreamFrame,
} from '../http2/frames.ts';
import { ReceiveWindow } from '../http2/receive-window.ts';
import { SessionReader } from '../http2/session-reader.ts';
import type { Data, SessionHandler } from '../http2/session-reader.ts';
import { serverPreface, SETTING, settingsAckFrame } from '../http2/settings.ts';
import type { RequestHead } from '../message.ts';
import { resetOnDestroy } from '../node-internals.ts';
import type { ClientSocket } from '../proxy.ts';
import { keepTunnelAlive } from '../sockets/keep-alive.ts';
import { Http2Output } from '../sockets/http2-output.ts';
import type { Taken } from '../sockets/read-into.ts';
import type { Client } from './client.ts';
import { ForwardedFields, peerOf } from './forwarded-fields.ts';
import type { Refused } from '../http1/request.ts';
import type { Http2Request } from '../http2/request.ts';
import { Http2Floods } from './http2-floods.ts';
import { Http2Requests } from './http2-requests.ts';
import { Http2Stream, STREAM_WINDOW } from './http2-stream.ts';
import type { Http2StreamOwner } from './http2-stream.ts';
import { Http2Streams } from './http2-streams.ts';

/** What a client may send on all streams together before it is taken. */
const CONNECTION_WINDOW = 1024 * 1024;
/** How long a client that has been sent GOAWAY may take to read it. */
const LINGER_MS = 5000;
/** Of our PING that finds out whether the client has read our first GOAWAY. */
const LEAVING = 'leaving\0';
/** How long the client may take to respond to it. */
const LEAVE_MS = 1000;
/** One connection of a client by HTTP/2: its streams, each a request. */
export class Http2Connection implements Client, Http2StreamOwner, SessionHandler {
  readonly output: Http2Output;
  readonly #socket: ClientSocket;
  readonly #raw: Duplex;
  readonly #context: Context;
  readonly #forwarded: ForwardedFields;
  readonly #reader: SessionReader;
  readonly #requests: Http2Requests;
  readonly #streams: Http2Streams;
  readonly #floods: Http2Floods;
  readonly #window = new ReceiveWindow(CONNECTION_WINDOW);
  #state: 'open' | 'leaving' | 'left' | 'closing' = 'open';
  #initialWindow = DEFAULT_WINDOW;
  /** Requests of this read whose body may have come with them. */
  readonly #begun: Http2Stream[] = [];
  #deadline = Infinity;

  /** @param raw what carries it: itself, or the connection under a secure one */
  constructor(socket: ClientSocket, raw: Duplex, context: Context) {
    this.#socket = socket;
    this.#raw = raw;
    this.#context = context;
    this.#forwarded = new ForwardedFields(peerOf(socket), context.isTrustedProxy);
    this.#reader = new SessionReader(this, PREFACE, () => context.limits.headBytes);
    this.#requests = new Http2Requests(context);
    this.#streams = new Http2Streams(context);
    this.#floods = new Http2Floods(context);
    this.output = new Http2Output(socket, (bytes) => this.#floods.data(bytes));
    this.#setDeadline(context.limits.idleMs);
    const { streams, headBytes } = context.limits;
    this.output.send(serverPreface({ streams, headBytes, windowBytes: STREAM_WINDOW }));
    this.output.sendWindowUpdate(0, CONNECTION_WINDOW - DEFAULT_WINDOW);
  }

  get isIdle(): boolean {
    const waits = this.#state === 'open' && this.#streams.size === 0;
    return waits && this.output.heldBytes === 0;
  }

  get deadline(): number {
    return this.#deadline;
  }

  get address(): string {
    return this.#socket.remoteAddress ?? '';
  }

  get heldBytes(): number {
    let bytes = this.output.heldBytes + this.#reader.heldBytes;
    for (const stream of this.#streams) bytes += stream.heldBytes;
    return bytes;
  }

  evict(): void {
    this.output.send(goAwayFrame(this.#streams.lastId, ERROR.none));
    this.#closeSoon();
  }

  cut(): void {
    if (!this.#socket.writableEnded) resetOnDestroy(this.#raw);
    this.#socket.destroy();
  }

  check(now: number): void {
    for (const stream of this.#streams) stream.check(now);
    if (now < this.#deadline) return;
    this.#deadline = Infinity;
    if (this.#state === 'leaving') this.#leaveNow();
    else if (this.#state !== 'open') this.#socket.destroy();
    else if (this.#reader.isInBlock) this.#fail(ERROR.enhanceYourCalm);
    else if (this.#streams.size === 0) this.evict();
  }

  leave(): void {
    if (this.#state !== 'open') return;
    this.#state = 'leaving';
    // RFC 9113 §6.8: what is on its way is served. Once the client has answered the PING, nothing is.
    this.output.send(goAwayFrame(MAX_WINDOW, ERROR.none) + pingFrame(LEAVING, false));
    this.#setDeadline(LEAVE_MS);
    for (const stream of this.#streams) stream.leave();
  }

  newExchange(stream: Http2Stream, head: RequestHead): Exchange {
    return new Exchange(stream, head, this.#forwarded, this.#context);
  }

  upgraded(): void {
    keepTunnelAlive(this.#socket);
  }

  closed(stream: Http2Stream, code: number | undefined): void {
    if (code !== undefined) this.#sendReset(stream.id, code);
    this.#forget(stream);
  }

  giveUpAt(): number {
    return this.#context.clock.after(this.#context.limits.answerBodyMs);
  }

  /** Reads bytes of the client. What is passed on of them is copied. */
  take(bytes: Buffer): Taken {
    try {
      if (this.#state !== 'closing') this.#reader.read(bytes);
    } catch (error) {
      if (!(error instanceof Http2Error)) throw error;
      this.#fail(error.code);
    }
    for (const stream of this.#begun.splice(0)) stream.start();
    // A client that sends and does not read has to wait.
    if (this.output.isBlocked) this.#socket.pause();
    return 'left';
  }

  onControlFrame(): void {
    this.#floods.countControlFrame();
  }

  onStreamError({ streamId, code }: Http2Error): void {
    this.#floods.countReset();
    const stream = this.#streams.get(streamId);
    stream?.left();
    this.#sendReset(streamId, code);
    if (stream !== undefined) this.#forget(stream);
  }

  onBlockBegun(): void {
    if (this.#state === 'open') this.#setDeadline(this.#context.limits.headMs);
  }

  onBlock(block: Block): void {
    const { streamId } = block;
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) return stream.receiveTrailers(this.#requests.trailers(block));
    if (streamId <= this.#streams.lastId) {
      this.#streams.checkWasReset(streamId);
      this.#requests.trailers(block);
      return;
    }
    if (streamId % 2 === 0) throw new Http2Error(ERROR.protocol, 'the id of a stream is even');
    const request = this.#requests.request(block);
    if (this.#isIgnored(streamId)) return;
    this.#streams.lastId = streamId;
    this.#floods.request();
    if (this.#streams.size >= this.#context.limits.streams)
      throw new Http2Error(ERROR.refusedStream, 'too many streams are open', streamId);
    const { http2Streams } = this.#context;
    if (http2Streams.open < http2Streams.max) this.#begin(block, request);
    else this.#sendReset(streamId, ERROR.refusedStream);
  }

  #begin({ streamId, endsStream }: Block, request: Http2Request | Refused): void {
    const stream = new Http2Stream(streamId, this, this.#initialWindow, endsStream);
    this.#streams.add(stream);
    if (this.#state === 'open') this.#deadline = Infinity;
    if (request.ok) stream.begin(request);
    else stream.refuse(this.newExchange(stream, UNREADABLE_HTTP2), request.problem);
    if (request.ok && !endsStream) this.#begun.push(stream);
  }

  onData({ streamId, content, windowBytes, endsStream }: Data): void {
    this.#floods.data(content.length);
    if (!this.#window.take(windowBytes))
      throw new Http2Error(ERROR.flowControl, 'more DATA than allowed on a connection');
    // Streams have windows of their own: one that is not read must not stop the others.
    const increment = this.#window.renew();
    if (increment > 0) this.output.sendWindowUpdate(0, increment);
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) return stream.receiveData(content, windowBytes, endsStream);
    if (this.#isIgnored(streamId)) return;
    this.#streams.checkWasReset(streamId);
    if (endsStream) this.#streams.noteEnd(streamId);
  }

  onReset(streamId: number): void {
    if (this.#isIgnored(streamId)) return;
    if (streamId > this.#streams.lastId) throw this.#streams.notOpen(streamId);
    this.#streams.noteEnd(streamId);
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return this.#floods.countControlFrame();
    this.#floods.countReset();
    stream.left();
    this.#forget(stream);
  }

  onSettings(settings: ReadonlyMap<number, number>): void {
    const window = settings.get(SETTING.initialWindowSize);
    if (window !== undefined) this.#resizeWindows(window);
    // Before what the new windows allow (RFC 9113 §6.5.3).
    this.output.send(settingsAckFrame());
    this.output.resume();
  }

  /** RFC 9113 §6.9.2: it holds for the streams that are open too. */
  #resizeWindows(window: number): void {
    const increment = window - this.#initialWindow;
    this.#initialWindow = window;
    for (const stream of this.#streams) {
      if (!stream.grow(increment))
        throw new Http2Error(ERROR.flowControl, 'the window of a stream is too large');
    }
  }

  /** A client that leaves gets the responses that it has asked for. */
  onGoAway(): void {}

  onPing(payload: string, isAck: boolean): void {
    if (!isAck) this.output.send(pingFrame(payload, true));
    else if (this.#state === 'leaving' && payload === LEAVING) this.#leaveNow();
  }

  onWindowUpdate(streamId: number, increment: number): void {
    if (this.#isIgnored(streamId)) return;
    if (streamId > this.#streams.lastId) throw this.#streams.notOpen(streamId);
    if (streamId === 0) return this.output.grow(increment);
    if (this.#streams.get(streamId)?.grow(increment) === false)
      throw new Http2Error(ERROR.flowControl, 'the window of a stream is too large', streamId);
    this.output.resume();
  }

  /** The client has read that nothing more is served: of a stream that is new all the same, only its block is read. */
  #isIgnored(streamId: number): boolean {
    return this.#state === 'closing' || (this.#state === 'left' && streamId > this.#streams.lastId);
  }

  #sendReset(streamId: number, code: number): void {
    this.output.send(rstStreamFrame(streamId, code));
    this.#streams.noteReset(streamId);
  }

  #forget(stream: Http2Stream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    if (this.#state === 'left') this.#end();
    else if (this.#state === 'open' && !this.#reader.isInBlock)
      this.#setDeadline(this.#context.limits.idleMs);
  }

  #leaveNow(): void {
    this.#state = 'left';
    this.output.send(goAwayFrame(this.#streams.lastId, ERROR.none));
    if (this.#streams.size === 0) this.#end();
  }

  /** Ends the connection because of what the client has sent (RFC 9113 §5.4.1). */
  #fail(code: number): void {
    if (this.#state === 'closing') return;
    this.#context.onFaultyClient();
    this.#state = 'closing';
    this.#drop();
    this.output.send(goAwayFrame(this.#streams.lastId, code));
    this.#end();
  }

  /**
   * Closes our side, and drops further bytes of the client for a while. If the socket were closed at once, unread bytes
   * would cause a reset, by which the client could lose what it has not read yet.
   */
  #end(): void {
    this.#state = 'closing';
    this.output.flush();
    this.#socket.end();
    this.#socket.resume();
    this.#setDeadline(LINGER_MS);
  }

  /** The client gets nothing more. */
  #drop(): void {
    for (const stream of this.#streams) {
      stream.left();
      this.#forget(stream);
    }
  }

  /** Closes when the client has taken what it gets, or takes too long. */
  #closeSoon(): void {
    this.#state = 'closing';
    this.output.flush();
    this.#socket.destroySoon();
    this.#setDeadline(this.#context.limits.answerBodyMs);
  }

  onDrain(): void {
    if (this.#state !== 'closing') this.output.resume();
    if (!this.output.isBlocked) this.#socket.resume();
  }

  /** A client that ends its side takes no more of any stream, because it cannot open a window. */
  onEnd(): void {
    this.#state = 'closing';
    this.#drop();
    this.#closeSoon();
  }

  onClose(): void {
    this.#drop();
  }

  #setDeadline(ms: number): void {
    this.#deadline = this.#context.clock.after(ms);
  }
}
