import type { Socket } from 'node:net';
import { bodyReader } from '../http1/body-reader.ts';
import { UNTIL_CLOSE } from '../http1/framing.ts';
import type { BodyReader } from '../http1/framing.ts';
import { passedTrailers } from '../http1/fields.ts';
import { HeadReader } from '../http1/head-reader.ts';
import { canBeginResponse, ResponseParser } from '../http1/response.ts';
import type { ResponseHead } from '../http1/response.ts';
import type { Clock } from '../clock.ts';
import type { Dialer } from './dialer.ts';
import { needsDrain } from '../direct-write.ts';
import type { Limits } from '../limits.ts';
import type { Pool } from './pool.ts';

/** Whoever has asked, and waits for the answer. */
export interface ResponseHandler {
  /** Of the request: it decides whether an answer has a body. */
  readonly method: string;
  /** The request may be sent. */
  onConnected(): void;
  /** A 1xx, before the answer. */
  onInformational(head: ResponseHead): void;
  /** A 101, and what came behind it. The bytes that follow are no HTTP any more. */
  onUpgrade(head: ResponseHead, rest: Buffer): void;
  onHead(head: ResponseHead, parts: readonly Buffer[], end: string | undefined): void;
  /** @param end the trailers, if this is the end */
  onData(parts: readonly Buffer[], end: string | undefined): void;
  /** Whether bytes of the answer are still to be written. */
  holdsResponse(): boolean;
  /** More can be written. */
  onDrain(): void;
  /** No answer, or no more of it, will come. */
  onError(error: Error): void;
}

/** What a tunnel gets from an instance. */
export interface Receiver {
  onData(bytes: Buffer): void;
  onEnd(): void;
  onDrain(): void;
}

const NO_PARTS: readonly Buffer[] = [];

/** One connection to an instance. It carries one exchange at a time, or none. */
export class UpstreamConnection {
  readonly socket: Socket;
  isConnected: boolean = false;
  /** Whether it has carried an exchange before this one: then the instance may have closed it meanwhile. */
  isReused = false;
  /** Whether anything of the answer has come. */
  hasAnswered = false;
  /** When it is closed if it is idle till then. */
  expires: number = Infinity;
  #asker: ResponseHandler | undefined;
  #tunnel: Receiver | undefined;
  readonly #pool: Pool;
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #heads: HeadReader;
  readonly #parser = new ResponseParser();
  #body: BodyReader | undefined;
  #persists = false;
  #endsWithClose = false;
  #idleMs = 0;
  #error: Error | undefined;

  constructor(pool: Pool, limits: Limits, clock: Clock, dialer: Dialer) {
    this.#pool = pool;
    this.#limits = limits;
    this.#clock = clock;
    this.#heads = new HeadReader(limits.headBytes, canBeginResponse, false);
    const onConnected = (): void => {
      this.isConnected = true;
      this.#asker?.onConnected();
    };
    this.socket = dialer.dial(pool.upstream, (bytes) => this.#read(bytes), onConnected);
    this.socket.on('drain', () => (this.#tunnel ?? this.#asker)?.onDrain());
    this.socket.on('end', () => this.#end());
    this.socket.on('error', (error) => (this.#error = error));
    this.socket.on('close', () => this.#closed());
  }

  /** Lends the connection to one exchange. */
  carry(asker: ResponseHandler): void {
    this.#asker = asker;
    this.hasAnswered = false;
  }

  /** A new one to the same instance: by its pool, which nobody keeps any more if the instance has left meanwhile. */
  openAnother(): UpstreamConnection {
    return this.#pool.open();
  }

  /** Whoever asked does not want the answer any more. */
  abandon(): void {
    this.#asker = undefined;
    this.destroy();
  }

  /** The exchange is over on both sides: others may ask, if the instance lets them. */
  giveBack(): void {
    this.#asker = undefined;
    // An instance that has answered need not take the rest of a body, and the next request would wait behind it.
    if (!this.#persists || this.socket.writableLength > 0 || needsDrain(this.socket)) {
      this.destroy();
      return;
    }
    // TLS may hand over the end of an answer when it was told to wait: nobody else would have it read on.
    if (this.socket.isPaused()) this.socket.resume();
    this.isReused = true;
    this.expires = this.#clock.now + this.#idleMs;
    this.#pool.put(this);
  }

  /** From here on bytes go to the tunnel. */
  tunnel(receiver: Receiver): void {
    this.#tunnel = receiver;
    this.#asker = undefined;
  }

  destroy(): void {
    // At once, and not when it has closed: nobody may be given it meanwhile.
    this.#pool.forget(this);
    this.socket.destroy();
  }

  #read(bytes: Buffer): boolean {
    const asker = this.#asker;
    if (this.#tunnel !== undefined) this.#tunnel.onData(Buffer.from(bytes));
    // Nobody has asked: taken for the next answer, these bytes would reach the wrong client.
    else if (asker === undefined) this.destroy();
    else if (this.#body !== undefined) this.#readBody(this.#body, bytes, asker);
    else this.#readHead(bytes, asker);
    return asker?.holdsResponse() === true;
  }

  #readHead(bytes: Buffer, asker: ResponseHandler): void {
    this.hasAnswered = true;
    let left = bytes;
    // Not by recursion: one read may bring thousands of 1xx.
    do {
      const read = this.#heads.read(left);
      if (read === 'more') return;
      if (read === 'long' || read === 'long-line')
        return this.#break('sent a response head that is too large');
      if (read === 'garbage') return this.#break('sent a response that is not valid HTTP/1.1');
      const head = this.#parser.parse(read.head, asker.method);
      if (!head.ok) return this.#break(head.reason);
      if (head.status === 101) return asker.onUpgrade(head, Buffer.from(read.rest));
      if (head.status >= 200) return this.#begin(head, read.rest, asker);
      asker.onInformational(head);
      left = read.rest;
    } while (left.length > 0);
  }

  #begin(head: ResponseHead, rest: Buffer, asker: ResponseHandler): void {
    this.#persists = head.persists;
    this.#endsWithClose = head.length === UNTIL_CLOSE;
    this.#idleMs = idleMs(this.#limits.instanceIdleMs, head.keepAliveSeconds);
    if (head.length === 0) {
      // What comes behind an answer that is whole answers nothing.
      if (rest.length > 0) this.#persists = false;
      asker.onHead(head, NO_PARTS, '');
      return;
    }
    const body = bodyReader(head.length, this.#limits.headBytes);
    const parts: Buffer[] = [];
    const used = body.read(rest, 0, parts);
    if (body.fault !== undefined) return this.#break(`sent a malformed body: ${body.fault}`);
    if (used < rest.length) this.#persists = false;
    this.#body = body.isDone ? undefined : body;
    asker.onHead(head, parts, body.isDone ? passedTrailers(body.trailers) : undefined);
  }

  #readBody(body: BodyReader, bytes: Buffer, asker: ResponseHandler): void {
    const parts: Buffer[] = [];
    const used = body.read(bytes, 0, parts);
    if (body.fault !== undefined) return this.#break(`sent a malformed body: ${body.fault}`);
    if (used < bytes.length) this.#persists = false;
    if (body.isDone) this.#body = undefined;
    asker.onData(parts, body.isDone ? passedTrailers(body.trailers) : undefined);
  }

  /** The instance has said all that it will say. */
  #end(): void {
    if (this.#tunnel !== undefined) {
      this.#tunnel.onEnd();
    } else if (this.#body !== undefined && this.#endsWithClose) {
      this.#body = undefined;
      this.#persists = false;
      this.#asker?.onData(NO_PARTS, '');
    } else {
      this.#break('closed the connection');
    }
  }

  #closed(): void {
    this.#pool.forget(this);
    if (this.#tunnel !== undefined) this.#tunnel.onEnd();
    this.#lose(this.#error ?? new Error('closed the connection'));
  }

  #break(reason: string): void {
    this.destroy();
    this.#lose(new Error(reason));
  }

  #lose(error: Error): void {
    const asker = this.#asker;
    this.#asker = undefined;
    asker?.onError(error);
  }
}

/** A second less than the instance says, since it counts from when it sent and we from when we read. */
function idleMs(most: number, keepAliveSeconds: number): number {
  if (keepAliveSeconds === 0) return most;
  return Math.max(0, Math.min(most, keepAliveSeconds * 1000 - 1000));
}
