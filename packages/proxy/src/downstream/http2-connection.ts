import type { Duplex } from 'node:stream';
import type { Context } from '../context.ts';
import { UNREADABLE } from '../exchange/client-request.ts';
import { Exchange } from '../exchange/exchange.ts';
import { BlockReader } from '../http2/block-reader.ts';
import type { Block } from '../http2/block-reader.ts';
import { FloodBudget } from '../http2/flood-budget.ts';
import { FrameReader } from '../http2/frame-reader.ts';
import type { Frame } from '../http2/frame-reader.ts';
import {
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_WINDOW,
  ERROR,
  FLAG,
  FRAME,
  goAwayFrame,
  headersFrames,
  Http2Error,
  MAX_WINDOW,
  pingFrame,
  PREFACE,
  rstStreamFrame,
  windowUpdateFrame,
} from '../http2/frames.ts';
import { NO_TABLE } from '../http2/hpack-encoder.ts';
import {
  checkPriority,
  checkSize,
  checkStreamId,
  contentOf,
  incrementOf,
} from '../http2/payload.ts';
import { parseSettings, SETTING, settingsAckFrame, settingsFrame } from '../http2/settings.ts';
import { resetOnDestroy } from '../node-internals.ts';
import type { ClientSocket } from '../proxy.ts';
import { DirectSocket } from '../sockets/read-into.ts';
import type { Taken } from '../sockets/read-into.ts';
import type { Client } from './client.ts';
import { ForwardedFields, peerOf } from './forwarded-fields.ts';
import type { Refused } from '../http1/request.ts';
import type { Http2Request } from '../http2/request.ts';
import { Http2Output } from './http2-output.ts';
import { Http2Requests } from './http2-requests.ts';
import { Http2Stream, STREAM_WINDOW } from './http2-stream.ts';
import type { Http2StreamOwner } from './http2-stream.ts';

/** What a client may send on all streams together before it is taken. */
const CONNECTION_WINDOW = 1024 * 1024;
/** How long a client that has been sent GOAWAY may take to read it. */
const LINGER_MS = 5000;
/** Control frames that a request explains, or a frame of DATA: PING and WINDOW_UPDATE go with them. */
const EXPLAINED = 8;
/** DATA of fewer bytes explains nothing: a client that opens its window by a byte at a time costs more than it takes. */
const MIN_EXPLAINING_BYTES = 512;
/** Of our PING that finds out whether the client has read our first GOAWAY. */
const LEAVING = 'leaving\0';
/** How long the client may take to respond to it. */
const LEAVE_MS = 1000;
/** Streams that were reset while the client was sending: what was on its way is ignored. */
const MAX_REMEMBERED = 1000;

/** One connection of a client by HTTP/2: its streams, each a request. */
export class Http2Connection implements Client, Http2StreamOwner {
  readonly output: Http2Output;
  readonly #socket: ClientSocket;
  readonly #raw: Duplex;
  readonly #context: Context;
  readonly #forwarded: ForwardedFields;
  readonly #frames = new FrameReader(DEFAULT_MAX_FRAME_BYTES);
  readonly #blocks = new BlockReader();
  readonly #requests: Http2Requests;
  readonly #streams = new Map<number, Http2Stream>();
  /** Of those that were reset here, while the client was sending. */
  readonly #resetIds = new Set<number>();
  readonly #resets = new FloodBudget();
  readonly #controls = new FloodBudget();
  /** What is still to come of the preface. */
  #preface = PREFACE;
  #hasSettings = false;
  #state: 'open' | 'leaving' | 'left' | 'closing' = 'open';
  #lastId = 0;
  #initialWindow = DEFAULT_WINDOW;
  #receiveWindow = CONNECTION_WINDOW;
  #hasSentBlock = false;
  #deadline = Infinity;

  /** @param raw what carries it: itself, or the connection under a secure one */
  constructor(socket: ClientSocket, raw: Duplex, context: Context) {
    this.#socket = socket;
    this.#raw = raw;
    this.#context = context;
    this.#forwarded = new ForwardedFields(peerOf(socket), context.isTrustedProxy);
    this.#requests = new Http2Requests(context);
    this.output = new Http2Output(socket, (bytes) => this.#explain(bytes));
    this.#setDeadline(context.limits.idleMs);
    if (socket instanceof DirectSocket) socket.onBytes = (bytes) => this.take(bytes);
    else socket.on('data', (bytes: Buffer) => this.take(bytes));
    socket.on('drain', () => this.#drained());
    socket.on('end', () => this.#ended());
    socket.on('error', () => {});
    socket.on('close', () => this.#drop());
    const { limits } = context;
    this.output.send(
      settingsFrame([
        [SETTING.maxConcurrentStreams, Math.min(limits.streams, MAX_WINDOW)],
        [SETTING.initialWindowSize, STREAM_WINDOW],
        [SETTING.maxHeaderListSize, Math.min(limits.headBytes, MAX_WINDOW)],
        [SETTING.enableConnectProtocol, 1],
      ]) + windowUpdateFrame(0, CONNECTION_WINDOW - DEFAULT_WINDOW),
    );
  }

  get isIdle(): boolean {
    return this.#streams.size === 0;
  }

  get deadline(): number {
    return this.#deadline;
  }

  get address(): string {
    return this.#socket.remoteAddress ?? '';
  }

  get heldBytes(): number {
    let bytes = this.output.heldBytes + this.#frames.heldBytes + this.#blocks.heldBytes;
    for (const stream of this.#streams.values()) bytes += stream.heldBytes;
    return bytes;
  }

  evict(): void {
    this.output.send(goAwayFrame(this.#lastId, ERROR.none));
    this.output.flush();
    this.#socket.destroySoon();
  }

  cut(): void {
    if (!this.#socket.writableEnded) resetOnDestroy(this.#raw);
    this.#socket.destroy();
  }

  check(now: number): void {
    for (const stream of this.#streams.values()) stream.check(now);
    if (now < this.#deadline) return;
    this.#deadline = Infinity;
    if (this.#state === 'leaving') this.#leaveNow();
    else if (this.#state !== 'open') this.#socket.destroy();
    else if (this.#blocks.isOpen) this.#fail(ERROR.enhanceYourCalm);
    else if (this.isIdle) this.evict();
  }

  leave(): void {
    if (this.#state !== 'open') return;
    this.#state = 'leaving';
    // RFC 9113 §6.8: what is on its way is served. Once the client has answered the PING, nothing is.
    this.output.send(goAwayFrame(MAX_WINDOW, ERROR.none) + pingFrame(LEAVING, false));
    this.#setDeadline(LEAVE_MS);
    for (const stream of this.#streams.values()) stream.leave();
  }

  sendBlock(streamId: number, block: string, endsStream: boolean): void {
    const whole = this.#hasSentBlock ? block : NO_TABLE + block;
    this.#hasSentBlock = true;
    this.output.send(headersFrames(streamId, whole, endsStream, DEFAULT_MAX_FRAME_BYTES));
  }

  sendWindowUpdate(streamId: number, increment: number): void {
    this.output.send(windowUpdateFrame(streamId, increment));
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
      const frames = this.#preface === '' ? bytes : this.#afterPreface(bytes);
      if (this.#state !== 'closing') this.#frames.read(frames, (frame) => this.#handle(frame));
    } catch (error) {
      if (!(error instanceof Http2Error)) throw error;
      this.#fail(error.code);
    }
    // A client that sends and does not read has to wait.
    if (this.output.isBlocked) this.#socket.pause();
    return 'over';
  }

  #afterPreface(bytes: Buffer): Buffer {
    const text = bytes.toString('latin1', 0, this.#preface.length);
    if (!this.#preface.startsWith(text)) throw new Http2Error(ERROR.protocol, 'no preface');
    this.#preface = this.#preface.slice(text.length);
    return bytes.subarray(text.length);
  }

  /** Handles one frame: what is wrong with one stream ends that stream. */
  #handle(frame: Frame): void {
    if (this.#state === 'closing') return;
    try {
      this.#dispatch(frame);
    } catch (error) {
      if (!(error instanceof Http2Error) || error.streamId === 0) throw error;
      this.#countReset();
      const stream = this.#streams.get(error.streamId);
      stream?.left();
      this.#sendReset(error.streamId, error.code);
      if (stream !== undefined) this.#forget(stream);
    }
  }

  #dispatch(frame: Frame): void {
    const { type, streamId } = frame;
    if (!this.#hasSettings && type !== FRAME.settings)
      throw new Http2Error(ERROR.protocol, 'the first frame must be SETTINGS');
    if (this.#blocks.isOpen && type !== FRAME.continuation)
      throw new Http2Error(ERROR.protocol, 'a block of fields is interrupted');
    if (type <= FRAME.continuation) checkStreamId(frame);
    if (type === FRAME.headers || type === FRAME.continuation) return this.#onHeaders(frame);
    if (type === FRAME.data) return this.#onData(frame);
    if (type === FRAME.rstStream) return this.#onReset(frame);
    if (type === FRAME.pushPromise) throw new Http2Error(ERROR.protocol, 'a client cannot push');
    this.#countControl();
    if (type === FRAME.settings) this.#onSettings(frame);
    else if (type === FRAME.ping) this.#onPing(frame);
    else if (type === FRAME.windowUpdate) this.#onWindowUpdate(frame);
    else if (type === FRAME.priority) checkPriority(frame);
  }

  #onHeaders(frame: Frame): void {
    if (frame.type === FRAME.continuation) this.#countControl();
    const block = this.#blocks.read(frame, this.#context.limits.headBytes);
    if (block !== undefined) this.#onBlock(block);
    else if (frame.type === FRAME.headers) this.#setDeadline(this.#context.limits.headMs);
  }

  #onBlock(block: Block): void {
    const { streamId } = block;
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) return stream.receiveTrailers(this.#requests.trailers(block));
    if (streamId <= this.#lastId) {
      if (!this.#resetIds.has(streamId)) throw this.#unexpected(streamId);
      this.#requests.trailers(block);
      return;
    }
    if (streamId % 2 === 0) throw new Http2Error(ERROR.protocol, 'the id of a stream is even');
    const request = this.#requests.request(block);
    // The client has read that nothing more is served.
    if (this.#state === 'left') return;
    this.#lastId = streamId;
    this.#controls.give(EXPLAINED);
    if (this.#streams.size >= this.#context.limits.streams)
      throw new Http2Error(ERROR.refusedStream, 'too many streams are open', streamId);
    this.#begin(block, request);
  }

  #begin({ streamId, endsStream }: Block, request: Http2Request | Refused): void {
    const stream = new Http2Stream(streamId, this, this.#initialWindow, endsStream);
    this.#streams.set(streamId, stream);
    this.#deadline = Infinity;
    const head = request.ok ? request : UNREADABLE;
    const exchange = new Exchange(stream, head, this.#forwarded, this.#context);
    if (request.ok) stream.begin(exchange, request);
    else stream.refuse(exchange, request.problem);
  }

  #onData(frame: Frame): void {
    const { streamId, payload, flags } = frame;
    const content = contentOf(frame);
    const endsStream = (flags & FLAG.endStream) !== 0;
    if (content.length > 0) this.#explain(content.length);
    else if (!endsStream) this.#countControl();
    this.#receiveWindow -= payload.length;
    if (this.#receiveWindow < 0)
      throw new Http2Error(ERROR.flowControl, 'more DATA than allowed on a connection');
    if (this.#receiveWindow < CONNECTION_WINDOW / 2) {
      // Streams have windows of their own: one that is not read must not stop the others.
      this.sendWindowUpdate(0, CONNECTION_WINDOW - this.#receiveWindow);
      this.#receiveWindow = CONNECTION_WINDOW;
    }
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) stream.receiveData(content, payload.length, endsStream);
    else if (!this.#resetIds.has(streamId)) throw this.#unexpected(streamId);
    else if (endsStream) this.#resetIds.delete(streamId);
  }

  #onReset(frame: Frame): void {
    checkSize(frame, 4);
    const { streamId } = frame;
    if (streamId > this.#lastId) throw this.#unexpected(streamId);
    this.#resetIds.delete(streamId);
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return this.#countControl();
    this.#countReset();
    stream.left();
    this.#forget(stream);
  }

  #onSettings({ flags, payload }: Frame): void {
    this.#hasSettings = true;
    if ((flags & FLAG.ack) !== 0) {
      if (payload.length > 0) throw new Http2Error(ERROR.frameSize, 'an ACK has a payload');
      return;
    }
    const window = parseSettings(payload).get(SETTING.initialWindowSize);
    if (window !== undefined) this.#resizeWindows(window);
    this.output.send(settingsAckFrame());
    this.output.resume();
  }

  /** RFC 9113 §6.9.2: it holds for the streams that are open too. */
  #resizeWindows(window: number): void {
    const increment = window - this.#initialWindow;
    this.#initialWindow = window;
    for (const stream of this.#streams.values()) {
      if (!stream.grow(increment))
        throw new Http2Error(ERROR.flowControl, 'the window of a stream is too large');
    }
  }

  #onPing(frame: Frame): void {
    checkSize(frame, 8);
    const payload = frame.payload.toString('latin1');
    if ((frame.flags & FLAG.ack) === 0) this.output.send(pingFrame(payload, true));
    else if (this.#state === 'leaving' && payload === LEAVING) this.#leaveNow();
  }

  #onWindowUpdate(frame: Frame): void {
    const { streamId } = frame;
    const increment = incrementOf(frame);
    if (streamId > this.#lastId) throw this.#unexpected(streamId);
    if (streamId === 0) {
      this.output.window += increment;
      if (this.output.window > MAX_WINDOW)
        throw new Http2Error(ERROR.flowControl, 'the window of the connection is too large');
      this.output.resume();
    } else if (this.#streams.get(streamId)?.grow(increment) === false)
      throw new Http2Error(ERROR.flowControl, 'the window of a stream is too large', streamId);
  }

  /** RFC 9113 §5.1: of a stream that has not begun, or is over. */
  #unexpected(streamId: number): Http2Error {
    const isClosed = streamId === this.#lastId;
    const code = isClosed ? ERROR.streamClosed : ERROR.protocol;
    return new Http2Error(code, `stream ${streamId} is ${isClosed ? 'closed' : 'not open'}`);
  }

  /** Traffic explains the control frames that go with it. */
  #explain(bytes: number): void {
    if (bytes >= MIN_EXPLAINING_BYTES) this.#controls.give(EXPLAINED);
  }

  #countControl(): void {
    const { limits, clock } = this.#context;
    if (!this.#controls.take(limits.controlFrames, clock.now))
      throw new Http2Error(ERROR.enhanceYourCalm, 'too many control frames');
  }

  #countReset(): void {
    const { limits, clock } = this.#context;
    if (!this.#resets.take(limits.streamResets, clock.now))
      throw new Http2Error(ERROR.enhanceYourCalm, 'too many streams were reset');
  }

  #sendReset(streamId: number, code: number): void {
    this.output.send(rstStreamFrame(streamId, code));
    this.#resetIds.add(streamId);
    if (this.#resetIds.size <= MAX_REMEMBERED) return;
    for (const oldest of this.#resetIds) {
      this.#resetIds.delete(oldest);
      break;
    }
  }

  #forget(stream: Http2Stream): void {
    this.#streams.delete(stream.id);
    if (this.#streams.size > 0) return;
    if (this.#state === 'left') this.#end();
    else if (this.#state === 'open' && !this.#blocks.isOpen)
      this.#setDeadline(this.#context.limits.idleMs);
  }

  #leaveNow(): void {
    this.#state = 'left';
    this.output.send(goAwayFrame(this.#lastId, ERROR.none));
    if (this.isIdle) this.#end();
  }

  /** Ends the connection because of what the client has sent (RFC 9113 §5.4.1). */
  #fail(code: number): void {
    if (this.#state === 'closing') return;
    this.#drop();
    this.output.send(goAwayFrame(this.#lastId, code));
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
    for (const stream of this.#streams.values()) stream.left();
    this.#streams.clear();
  }

  #drained(): void {
    if (this.#state !== 'closing') this.output.resume();
    if (!this.output.isBlocked) this.#socket.resume();
  }

  /** A client that ends its side takes no more of any stream, because it cannot open a window. */
  #ended(): void {
    this.#drop();
    this.#state = 'closing';
    this.#socket.destroySoon();
  }

  #setDeadline(ms: number): void {
    this.#deadline = this.#context.clock.after(ms);
  }
}
