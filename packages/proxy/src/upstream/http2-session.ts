import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.ts';
import type { Block } from '../http2/block-reader.ts';
import {
  DEFAULT_WINDOW,
  ERROR,
  goAwayFrame,
  Http2Error,
  pingFrame,
  rstStreamFrame,
  windowUpdateFrame,
} from '../http2/frames.ts';
import { HpackDecoder } from '../http2/hpack-decoder.ts';
import { ReceiveWindow } from '../http2/receive-window.ts';
import { SessionReader } from '../http2/session-reader.ts';
import type { Data, SessionHandler } from '../http2/session-reader.ts';
import { clientPreface, SETTING, settingsAckFrame } from '../http2/settings.ts';
import type { Limits } from '../limits.ts';
import type { Upstream } from '../proxy.ts';
import { Http2Output } from '../sockets/http2-output.ts';
import type { Taken } from '../sockets/read-into.ts';
import { dial } from './dial.ts';
import { STREAM_WINDOW } from './http2-stream.ts';
import type { Http2UpstreamStream, StreamSession } from './http2-stream.ts';
import { LeavingError } from './leaving-error.ts';

/** What an upstream may send on all streams together before it is taken. */
const CONNECTION_WINDOW = 1024 * 1024;
/** RFC 9113 §5.1.1: a session with no more of them is replaced. */
const MAX_STREAM_ID = 2 ** 31 - 1;
/** How long a session without requests is kept. An upstream that closes it earlier says so by GOAWAY, which harms no request. */
const IDLE_MS = 60_000;
/** A session that was silent for so long is checked by a PING together with its next request, which waits on it. */
const SILENT_MS = 10_000;
/** So is one on which a response is awaited: not more often, because gRPC servers take offence within five minutes. */
const PING_MS = 310_000;
/**
 * How long the response to a PING may take before the session is ended with all its requests: as long as gRPC waits by
 * default (KEEPALIVE_TIMEOUT). A process that is busy for some seconds responds to none meanwhile.
 */
const PONG_MS = 20_000;
/** Of control frames that the upstream does not read: it sends what has to be acknowledged, and reads nothing. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/** What a session calls: its pool. */
export interface SessionOwner {
  readonly upstream: Upstream;
  /** It takes streams from now on. */
  sessionOpened(session: Http2Session): void;
  /** A stream has ended, or the upstream takes more of them. */
  sessionFreed(session: Http2Session): void;
  /** It is closed. @param error why, if it has never carried a stream */
  sessionClosed(session: Http2Session, error: Error | undefined): void;
}

/** One connection to an upstream by HTTP/2: its streams, each a request. */
export class Http2Session implements SessionHandler, StreamSession {
  readonly output: Http2Output;
  /** How many streams the upstream takes at a time. */
  maxStreams = 100;
  takesWebSockets = false;
  readonly #owner: SessionOwner;
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #reader: SessionReader;
  readonly #decoder = new HpackDecoder();
  readonly #streams = new Map<number, Http2UpstreamStream>();
  readonly #window = new ReceiveWindow(CONNECTION_WINDOW);
  #state: 'connecting' | 'open' | 'leaving' | 'closed' = 'connecting';
  #initialWindow = DEFAULT_WINDOW;
  #nextId = 1;
  #error: Error | undefined;
  #readAt: number;
  /** By the clock, when it is given up: because it is not open, or is idle. */
  #deadline: number;
  /** By the clock, when the latest PING is late, and when it is given up; Infinity if none is awaited. */
  #lateAt = Infinity;
  #lostAt = Infinity;

  constructor(owner: SessionOwner, limits: Limits, clock: Clock) {
    this.#owner = owner;
    this.#limits = limits;
    this.#clock = clock;
    this.#readAt = clock.now;
    this.#deadline = clock.after(limits.connectMs);
    this.#reader = new SessionReader(this, '', () => limits.headBytes);
    const onConnected = (): void => this.#begin();
    this.#socket = dial(owner.upstream, this, onConnected);
    this.output = new Http2Output(this.#socket, () => {});
    this.#socket.on('drain', () => this.output.resume());
    this.#socket.on('end', () => this.#socket.destroy());
    this.#socket.on('error', (error) => (this.#error ??= error));
    this.#socket.on('close', () => this.#closed());
  }

  get isConnecting(): boolean {
    return this.#state === 'connecting';
  }

  get isIdle(): boolean {
    return this.#streams.size === 0;
  }

  /** Whether the upstream has never taken a stream on it, and takes none for now. */
  get takesNone(): boolean {
    return this.#state === 'open' && this.#nextId === 1 && this.maxStreams === 0;
  }

  get hasRoom(): boolean {
    return (
      this.#state === 'open' &&
      !this.#isLate &&
      this.#streams.size < this.maxStreams &&
      this.#nextId <= MAX_STREAM_ID &&
      !this.#socket.destroyed
    );
  }

  /** Begins a stream: there has to be room for it. */
  begin(stream: Http2UpstreamStream): void {
    const id = this.#nextId;
    this.#nextId += 2;
    this.#streams.set(id, stream);
    this.#deadline = Infinity;
    stream.begin(this, id, this.#initialWindow);
    if (this.#clock.now - this.#readAt >= SILENT_MS) this.#ping();
  }

  leave(streamId: number, code: number | undefined): void {
    if (!this.#streams.has(streamId)) return;
    if (code !== undefined) this.output.send(rstStreamFrame(streamId, code));
    this.forget(streamId);
  }

  forget(streamId: number): void {
    if (!this.#streams.delete(streamId)) return;
    if (this.isIdle) {
      this.#deadline = this.#clock.after(IDLE_MS);
      const isSpent = this.#nextId > MAX_STREAM_ID || this.#isLate;
      if (this.#state === 'leaving' || isSpent) return this.close();
    }
    this.#owner.sessionFreed(this);
  }

  /** @param now by the clock */
  check(now: number): void {
    if (now >= this.#lostAt) this.#fail(new Error('responds to no PING'));
    else if (now >= this.#deadline) {
      if (this.isConnecting) return this.#fail(Object.assign(new Error(), { code: 'ETIMEDOUT' }));
      if (this.takesNone) this.#error ??= new Error('takes no requests');
      this.close();
    } else if (!this.isIdle && now - this.#readAt >= PING_MS) this.#ping();
  }

  /** Ends a session without streams. */
  close(): void {
    if (this.#state === 'open' || this.#state === 'leaving') {
      this.output.send(goAwayFrame(0, ERROR.none));
      this.output.flush();
    }
    this.#state = 'closed';
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  onSettings(settings: ReadonlyMap<number, number>): void {
    this.maxStreams = settings.get(SETTING.maxConcurrentStreams) ?? this.#unlimited();
    this.takesWebSockets ||= settings.get(SETTING.enableConnectProtocol) === 1;
    const window = settings.get(SETTING.initialWindowSize);
    if (window !== undefined) this.#resizeWindows(window);
    // Before what the new windows allow (RFC 9113 §6.5.3).
    this.output.send(settingsAckFrame());
    if (this.#state === 'connecting') {
      this.#state = 'open';
      this.#deadline = this.#clock.after(this.takesNone ? this.#limits.connectMs : IDLE_MS);
      this.#owner.sessionOpened(this);
    } else this.#owner.sessionFreed(this);
    this.output.resume();
  }

  onBlock({ streamId, bytes, endsStream }: Block): void {
    this.#checkBegun(streamId);
    // In any case, because the next block depends on it.
    const fields = this.#decoder.decode(bytes, this.#limits.headBytes);
    this.#streams.get(streamId)?.receiveBlock(fields, endsStream);
  }

  /** Even if the rest of it ends the session, the request is not sent again, which would end the next one too. */
  onBlockBegun(streamId: number): void {
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) stream.hasResponded = true;
  }

  onData({ streamId, content, windowBytes, endsStream }: Data): void {
    this.#checkBegun(streamId);
    if (!this.#window.take(windowBytes))
      throw new Http2Error(ERROR.flowControl, 'more DATA than allowed on a connection');
    // Streams have windows of their own: one that is not read must not stop the others.
    const increment = this.#window.renew();
    if (increment > 0) this.output.sendWindowUpdate(0, increment);
    this.#streams.get(streamId)?.receiveData(content, windowBytes, endsStream);
  }

  onReset(streamId: number, code: number): void {
    this.#checkBegun(streamId);
    this.#streams.get(streamId)?.receiveReset(code);
  }

  onPing(payload: string, isAck: boolean): void {
    if (!isAck) this.output.send(pingFrame(payload, true));
  }

  onWindowUpdate(streamId: number, increment: number): void {
    if (streamId === 0) return this.output.grow(increment);
    this.#checkBegun(streamId);
    if (this.#streams.get(streamId)?.grow(increment) === false)
      throw new Http2Error(ERROR.flowControl, 'the window of a stream is too large', streamId);
    this.output.resume();
  }

  /** RFC 9113 §6.8: the upstream has not processed the streams above the last one, and takes no others. */
  onGoAway(lastStreamId: number, code: number): void {
    if (this.#state !== 'closed') this.#state = 'leaving';
    const error =
      code === ERROR.none ? new LeavingError() : new Error(`closes the connection (code ${code})`);
    for (const [id, stream] of this.#streams) {
      if (id <= lastStreamId) continue;
      this.#streams.delete(id);
      stream.fail(error, true);
    }
    if (this.isIdle) this.close();
  }

  onControlFrame(): void {
    if (this.output.heldBytes > MAX_UNREAD_BYTES)
      throw new Http2Error(ERROR.enhanceYourCalm, 'what it is sent is not read');
  }

  onStreamError({ streamId, code, message }: Http2Error): void {
    const stream = this.#streams.get(streamId);
    this.leave(streamId, code);
    stream?.fail(new Error(`sent an invalid frame: ${message}`));
  }

  /** Whether new requests avoid it, because a PING has had no response for as long as a new session may take to open. */
  get #isLate(): boolean {
    return this.#clock.now >= this.#lateAt;
  }

  #begin(): void {
    const { tls } = this.#owner.upstream;
    if (tls !== undefined && (this.#socket as TLSSocket).alpnProtocol !== 'h2')
      return this.#fail(new Error('did not agree on HTTP/2 by ALPN'));
    this.output.send(
      clientPreface({ headBytes: this.#limits.headBytes, windowBytes: STREAM_WINDOW }) +
        windowUpdateFrame(0, CONNECTION_WINDOW - DEFAULT_WINDOW),
    );
    this.output.flush();
  }

  take(bytes: Buffer): Taken {
    const wasLate = this.#isLate;
    this.#readAt = this.#clock.now;
    this.#lateAt = Infinity;
    this.#lostAt = Infinity;
    try {
      if (!this.#socket.destroyed) this.#reader.read(bytes);
      if (wasLate) this.#owner.sessionFreed(this);
    } catch (error) {
      if (!(error instanceof Http2Error)) throw error;
      if (!this.isConnecting) this.output.send(goAwayFrame(0, error.code));
      this.output.flush();
      const reason = this.isConnecting ? 'does not speak HTTP/2' : `has sent ${error.message}`;
      this.#fail(new Error(reason));
    }
    return 'left';
  }

  /** RFC 9113 §6.5.2: there is no limit unless the first SETTINGS name one; later ones leave it as it is. */
  #unlimited(): number {
    return this.isConnecting ? Infinity : this.maxStreams;
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

  /** @throws Http2Error unless we have opened this stream */
  #checkBegun(streamId: number): void {
    if (streamId % 2 === 0 || streamId >= this.#nextId)
      throw new Http2Error(ERROR.protocol, `a frame on stream ${streamId}, which is not open`);
  }

  #ping(): void {
    if (this.#lostAt !== Infinity) return;
    const { connectMs } = this.#limits;
    this.output.send(pingFrame('alive\0\0\0', false));
    this.#lateAt = this.#clock.after(connectMs);
    this.#lostAt = this.#clock.after(Math.max(connectMs, PONG_MS));
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#socket.destroy();
  }

  #closed(): void {
    const error = this.#error ?? new Error('closed the connection');
    this.#state = 'closed';
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    this.#owner.sessionClosed(this, this.#nextId === 1 ? error : undefined);
    for (const stream of streams) stream.fail(error);
  }
}
