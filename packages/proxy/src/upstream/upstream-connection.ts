import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { bodyReader } from '../http1/body-reader.ts';
import { passedTrailers } from '../http1/fields.ts';
import { CHUNKED, UNTIL_CLOSE } from '../http1/framing.ts';
import type { BodyReader } from '../http1/framing.ts';
import { HeadReader } from '../http1/head-reader.ts';
import { canBeginResponse, ResponseParser } from '../http1/response.ts';
import type { Http1Response } from '../http1/response.ts';
import { requestHead } from '../http1/write-request.ts';
import type { RequestFacts } from '../http1/write-request.ts';
import type { Limits } from '../limits.ts';
import { DONE, endWith, MORE, NO_PARTS } from '../message.ts';
import type { BodyEnd, RequestHead } from '../message.ts';
import {
  closeWhenUnwritable,
  isKnownReset,
  pendingBytes,
  readThoughUnwritable,
} from '../node-internals.ts';
import { keepTunnelAlive } from '../sockets/keep-alive.ts';
import { takenAs } from '../sockets/read-into.ts';
import type { Taken } from '../sockets/read-into.ts';
import { JOIN_BYTES, writeMessage, writeParts } from '../sockets/write-message.ts';
import { needsDrain } from '../sockets/write-text.ts';
import { dial } from './dial.ts';
import type { Upstream } from '../proxy.ts';
import type { ResponseHandler } from './response-handler.ts';
import type { UpstreamStream } from './upstream-stream.ts';

/** What a connection calls: the pool that has opened it. */
export interface ConnectionOwner {
  readonly upstream: Upstream;
  /** As a Host. */
  readonly authority: string;
  open(): UpstreamConnection;
  /** Takes the connection back for the next request. */
  put(connection: UpstreamConnection): void;
  /** Removes a connection that is closed. */
  forget(connection: UpstreamConnection): void;
}

/** One connection to an upstream by HTTP/1.1. It carries one request at a time, or none. */
export class UpstreamConnection implements UpstreamStream {
  isConnected: boolean = false;
  isReused = false;
  hasResponded = false;
  // HTTP/1.1 cannot say so, and who does not read trailers takes them for the next request.
  readonly mayRefuse = false;
  readonly isRefused = false;
  readonly takesTrailers = false;
  /** When it is closed if it is idle till then. */
  expires: number = Infinity;
  #handler: ResponseHandler | undefined;
  readonly #socket: Socket;
  readonly #pool: ConnectionOwner;
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #heads: HeadReader;
  readonly #parser = new ResponseParser();
  #body: BodyReader | undefined;
  #isTunnel = false;
  #isRequestChunked = false;
  #persists = false;
  #endsWithClose = false;
  #idleMs = 0;
  #error: Error | undefined;

  constructor(pool: ConnectionOwner, limits: Limits, clock: Clock) {
    this.#pool = pool;
    this.#limits = limits;
    this.#clock = clock;
    this.#heads = new HeadReader(limits.headBytes, canBeginResponse, false);
    const onConnected = (): void => {
      this.isConnected = true;
      this.#handler?.onConnected();
    };
    this.#socket = dial(pool.upstream, this, onConnected);
    readThoughUnwritable(this.#socket);
    this.#socket.on('drain', () => this.#handler?.onDrain());
    this.#socket.on('end', () => this.#end());
    this.#socket.on('error', (error) => (this.#error = error));
    this.#socket.on('close', () => this.#closed());
  }

  get isDestroyed(): boolean {
    return this.#socket.destroyed;
  }

  get pendingBytes(): number {
    return pendingBytes(this.#socket);
  }

  get holdsParts(): boolean {
    return this.pendingBytes > 0;
  }

  carry(handler: ResponseHandler): void {
    this.#handler = handler;
    this.hasResponded = false;
  }

  send(head: RequestHead, facts: RequestFacts, parts: readonly Buffer[], end: BodyEnd): boolean {
    this.#isRequestChunked = head.length === CHUNKED;
    const text = requestHead(head, facts, this.#pool.authority);
    return writeMessage(this.#socket, text, parts, this.#isRequestChunked, end);
  }

  write(parts: readonly Buffer[], end: BodyEnd): boolean {
    if (!this.#isTunnel) return writeMessage(this.#socket, '', parts, this.#isRequestChunked, end);
    const flows = writeParts(this.#socket, parts);
    // Not while it is being read: TLS drops what it has received and not handed over yet.
    if (end.done) setImmediate(() => this.#socket.end());
    return flows;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** By its pool, which may have been replaced meanwhile. */
  another(): UpstreamConnection {
    return this.#pool.open();
  }

  abandon(): void {
    this.#handler = undefined;
    this.destroy();
  }

  /** The next request may have the connection, if the upstream allows it. */
  giveBack(): void {
    this.#handler = undefined;
    // An upstream that has responded need not take the rest of a body, and the next request would wait behind it.
    if (!this.#persists || this.holdsParts || needsDrain(this.#socket)) {
      this.destroy();
      return;
    }
    // TLS may hand over the end of a response after it was paused: without this it would stay paused.
    if (this.#socket.isPaused()) this.#socket.resume();
    this.isReused = true;
    this.expires = this.#clock.now + this.#idleMs;
    this.#pool.put(this);
  }

  destroy(): void {
    // At once, and not when it has closed: no exchange may be given it meanwhile.
    this.#pool.forget(this);
    this.#socket.destroy();
  }

  take(bytes: Buffer): Taken {
    const handler = this.#handler;
    // Unsolicited bytes would be mistaken for the next response.
    if (handler === undefined) this.destroy();
    else if (!this.isConnected && isHttp2(bytes)) this.#break(HTTP2_ONLY);
    else if (!this.isConnected) this.#break('sent a response before it got the request');
    else if (this.#isTunnel) handler.onData([Buffer.from(bytes)], MORE);
    else if (this.#body !== undefined) this.#readBody(this.#body, bytes, handler);
    else this.#readHead(bytes, handler);
    if (bytes.length <= JOIN_BYTES) return 'over';
    if (this.#isTunnel) return 'passed';
    const isHeld = handler?.holdsResponse() === true;
    return takenAs(this.#body !== undefined, isHeld, this.#socket.isPaused());
  }

  #readHead(bytes: Buffer, handler: ResponseHandler): void {
    this.hasResponded = true;
    let left = bytes;
    // Not by recursion: one read may bring thousands of 1xx.
    do {
      const read = this.#heads.read(left);
      if ((read === 'more' || read === 'garbage') && isHttp2(left)) return this.#break(HTTP2_ONLY);
      if (read === 'more') return;
      if (read === 'long' || read === 'long-line')
        return this.#break(`sent a response head larger than ${this.#limits.headBytes} bytes`);
      if (read === 'garbage') return this.#break('sent a response that is not valid HTTP/1.1');
      const head = this.#parser.parse(read.head, handler.method);
      if (!head.ok) return this.#break(head.reason);
      if (head.status === 101) return this.#upgrade(head, Buffer.from(read.rest), handler);
      if (head.status >= 200) return this.#begin(head, read.rest, handler);
      handler.onInformational(head);
      left = read.rest;
    } while (left.length > 0);
  }

  #upgrade(head: Http1Response, rest: Buffer, handler: ResponseHandler): void {
    this.#isTunnel = true;
    closeWhenUnwritable(this.#socket);
    keepTunnelAlive(this.#socket);
    handler.onUpgrade(head, rest);
  }

  #begin(head: Http1Response, rest: Buffer, handler: ResponseHandler): void {
    this.#persists = head.persists;
    this.#endsWithClose = head.length === UNTIL_CLOSE;
    this.#idleMs = idleMs(this.#limits.instanceIdleMs, head.keepAliveSeconds);
    if (head.length === 0) {
      // What comes behind a response that is complete belongs to no request.
      if (rest.length > 0) this.#persists = false;
      handler.onHead(head, NO_PARTS, DONE);
      return;
    }
    const body = bodyReader(head.length, this.#limits.headBytes);
    const parts: Buffer[] = [];
    const used = body.read(rest, 0, parts);
    if (body.fault !== undefined) return this.#break(malformed(body.fault));
    if (used < rest.length) this.#persists = false;
    this.#body = body.isDone ? undefined : body;
    handler.onHead(head, parts, endOf(body));
  }

  #readBody(body: BodyReader, bytes: Buffer, handler: ResponseHandler): void {
    const parts: Buffer[] = [];
    const used = body.read(bytes, 0, parts);
    if (body.fault !== undefined) return this.#break(malformed(body.fault));
    if (used < bytes.length) this.#persists = false;
    if (body.isDone) this.#body = undefined;
    handler.onData(parts, endOf(body));
  }

  /** The upstream sends no more. */
  #end(): void {
    if (this.#isTunnel) {
      this.#handler?.onData(NO_PARTS, DONE);
    } else if (this.#body !== undefined && this.#endsWithClose && !isKnownReset(this.#socket)) {
      this.#body = undefined;
      this.#persists = false;
      this.#handler?.onData(NO_PARTS, DONE);
    } else {
      this.#break('closed the connection');
    }
  }

  #closed(): void {
    this.#pool.forget(this);
    this.#fail(this.#error ?? new Error('closed the connection'));
  }

  #break(reason: string): void {
    this.destroy();
    this.#fail(new Error(reason));
  }

  #fail(error: Error): void {
    const handler = this.#handler;
    this.#handler = undefined;
    handler?.onError(error);
  }
}

function endOf(body: BodyReader): BodyEnd {
  return body.isDone ? endWith(passedTrailers(body.trailers, false)) : MORE;
}

const HTTP2_ONLY = 'speaks HTTP/2 only, and was sent HTTP/1.1';

/** RFC 9113 §3.4: whether a server begins with its SETTINGS, a frame of type 4 on stream 0. */
function isHttp2(bytes: Buffer): boolean {
  return bytes.length >= 9 && bytes[3] === 4 && bytes.readUInt32BE(5) === 0;
}

function malformed(fault: string): string {
  return `sent a malformed body: ${fault}`;
}

/** A second less than the upstream says, since it counts from when it sent and we from when we read. */
function idleMs(max: number, keepAliveSeconds: number): number {
  if (keepAliveSeconds === 0) return max;
  return Math.max(0, Math.min(max, keepAliveSeconds * 1000 - 1000));
}
