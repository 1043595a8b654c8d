import type { Duplex } from 'node:stream';
import type { Context } from '../context.ts';
import { UNREADABLE } from '../exchange/client-request.ts';
import { Exchange } from '../exchange/exchange.ts';
import { bodyReader } from '../http1/body-reader.ts';
import { passedTrailers } from '../http1/fields.ts';
import type { BodyReader } from '../http1/framing.ts';
import { HeadReader } from '../http1/head-reader.ts';
import { canBeginRequest, RequestParser } from '../http1/request.ts';
import type { Http1Request } from '../http1/request.ts';
import { DONE, endWith, MORE, NO_PARTS } from '../message.ts';
import type { BodyEnd } from '../message.ts';
import { headTimedOut, headTooLarge, malformedBody, NOT_HTTP } from '../problems.ts';
import { pendingBytes } from '../node-internals.ts';
import type { Problem } from '../problems.ts';
import type { ClientSocket } from '../proxy.ts';
import { takenAs } from '../sockets/read-into.ts';
import type { Taken } from '../sockets/read-into.ts';
import { JOIN_BYTES } from '../sockets/write-message.ts';
import { needsDrain } from '../sockets/write-text.ts';
import type { Client } from './client.ts';
import { ForwardedFields, peerOf } from './forwarded-fields.ts';
import { Http1Stream } from './http1-stream.ts';
import type { Http1StreamOwner } from './http1-stream.ts';

/** What nginx gives a client that goes on sending without a pause (lingering_timeout). */
const LINGER_MS = 5000;
/** And in all (lingering_time). */
const MAX_LINGER_MS = 30_000;

/** How long a client that has ended its side may get nothing. Then it has left. */
const HALF_OPEN_MS = 5000;

/**
 * What is read of a client before its turn: enough that an end behind it is noticed, while the request before it waits for
 * its response.
 */
const MAX_EARLY_BYTES = 16 * 1024;

/** Requests in a row that are answered without an upstream before other connections have their turn. */
const MAX_ANSWERS_IN_A_ROW = 16;

/** One connection of a client: its requests one after the other, each answered before the next is looked at. */
export class Http1Connection implements Client, Http1StreamOwner {
  readonly #socket: ClientSocket;
  readonly #context: Context;
  readonly #stream: Http1Stream;
  readonly #forwarded: ForwardedFields;
  readonly #heads: HeadReader;
  readonly #parser: RequestParser;
  #state: 'between' | 'exchange' | 'tunnel' | 'lingering' = 'between';
  /** What came before its turn. */
  #held: Buffer | undefined;
  #exchange: Exchange | undefined;
  /** Whether the client may send another request after this one. */
  #persists = false;
  /** The body that is being read; none once it is complete. */
  #body: BodyReader | undefined;
  /** True if it is unknown where the next request begins. Further bytes are then dropped. */
  #isBroken = false;
  #deadline = Infinity;
  #isPaused = false;
  #isAdvancing = false;
  /** Whether it waits for its next turn, because it has had many requests answered in a row. */
  #isYielding = false;
  /** Whether the client has ended its side: it may still wait for the responses to what it has sent. */
  #hasEnded = false;
  /** The deadline of its exchange when it was last looked at: each progress moves it. */
  #lastProgress = Infinity;
  /** By the clock, when what still comes of a request that is answered is not awaited any more. */
  #lingersUntil = Infinity;

  /** @param raw what carries it: itself, or the connection under a secure one */
  constructor(socket: ClientSocket, raw: Duplex, context: Context) {
    this.#socket = socket;
    this.#context = context;
    this.#stream = new Http1Stream(socket, raw, this);
    this.#forwarded = new ForwardedFields(peerOf(socket), context.isTrustedProxy);
    this.#parser = new RequestParser(context.underscores);
    this.#heads = new HeadReader(context.limits.headBytes, canBeginRequest, true);
    this.#setDeadline(context.limits.idleMs);
  }

  /** Whether it waits for a request, or for the rest of its head, and the client has taken all responses. */
  get isIdle(): boolean {
    const waits = this.#state === 'between' && this.#held === undefined;
    return waits && pendingBytes(this.#socket) === 0;
  }

  /** When it is closed if nothing comes. */
  get deadline(): number {
    return this.#deadline;
  }

  /** The client's IP address. */
  get address(): string {
    return this.#socket.remoteAddress ?? '';
  }

  /** Bytes that are held for the client: on their way to it or to an upstream, or waiting for their turn. */
  get heldBytes(): number {
    const waiting = (this.#held?.length ?? 0) + this.#heads.heldBytes;
    return waiting + pendingBytes(this.#socket) + (this.#exchange?.heldBytes ?? 0);
  }

  /** Closes an idle connection, because others need its descriptor. */
  evict(): void {
    this.#socket.destroy();
  }

  /** Breaks off what is under way, so that the client sees that its response is not complete. */
  cut(): void {
    this.#stream.reset();
  }

  /** Ends what takes too long. @param now by the clock */
  check(now: number): void {
    if (this.#exchange !== undefined) {
      if (this.#hasEnded && this.#state === 'exchange') this.#checkHalfOpen(this.#exchange, now);
      this.#exchange?.check(now);
      return;
    }
    if (now < this.#deadline) return;
    this.#deadline = Infinity;
    if (this.#state !== 'between') this.#socket.destroy();
    else if (this.#heads.hasBegun) this.#refuse(headTimedOut(this.#context.limits.headMs));
    // It may not have taken all of its last response.
    else this.#close(true);
  }

  /** Closes if nothing is being answered; otherwise, the response will be the last. */
  leave(): void {
    if (this.#state === 'between') this.#close(true);
    this.#exchange?.leave();
  }

  isLast(): boolean {
    // The rest of a request that is answered before it has come would stand before the next one.
    if (!this.#persists || this.#context.isClosing || this.#body !== undefined) return true;
    return this.#hasEnded && this.#held === undefined;
  }

  finished(isLast: boolean): void {
    const isTunnel = this.#state === 'tunnel';
    this.#exchange = undefined;
    if (isTunnel || isLast || this.#context.isClosing) {
      this.#close(isTunnel || !this.#mayGoOn());
      return;
    }
    this.#state = 'between';
    this.#setDeadline(this.#context.limits.idleMs);
    this.#advance();
  }

  /** Whether a client goes on sending: its request, or further ones, unless it has asked for the close. */
  #mayGoOn(): boolean {
    if (this.#body !== undefined || this.#isBroken) return true;
    return this.#persists && !this.#hasEnded && !this.#context.isClosing;
  }

  upgraded(): void {
    this.#state = 'tunnel';
    const held = this.#takeHeld();
    const end = this.#hasEnded ? DONE : MORE;
    if (held !== undefined || end.done)
      this.#exchange?.onRequestData(held === undefined ? NO_PARTS : [held], end);
    this.resume();
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  #setDeadline(ms: number): void {
    this.#deadline = this.#context.clock.after(ms);
  }

  /** Reads bytes of the client. A head becomes text at once. All else is copied, but what is large of a body. */
  take(bytes: Buffer): Taken {
    if (this.#state === 'between' && this.#held === undefined) this.#advance(bytes);
    else if (this.#state === 'between') this.#hold(bytes);
    else if (this.#state === 'tunnel') this.#exchange?.onRequestData([Buffer.from(bytes)], MORE);
    else if (this.#state === 'exchange') {
      if (this.#body !== undefined) {
        const exchange = this.#exchange;
        this.#readBody(this.#body, bytes.length > JOIN_BYTES ? bytes : Buffer.from(bytes));
        return this.#taken(bytes, exchange);
      }
      this.#hold(bytes);
      this.#pauseIfFull();
    } else if (this.#socket.writableFinished) {
      // Before, the time to take what it gets runs.
      this.#linger();
    }
    return this.#taken(bytes, this.#exchange);
  }

  #taken({ length }: Buffer, exchange: Exchange | undefined): Taken {
    if (length <= JOIN_BYTES) return 'over';
    if (this.#state === 'tunnel') return 'passed';
    const isHeld = exchange?.holdsRequest() === true;
    return takenAs(this.#body !== undefined, isHeld, this.#isPaused);
  }

  /** @param isOwned whether no later read overwrites the bytes */
  #hold(bytes: Buffer, isOwned = false): void {
    if (this.#held !== undefined) this.#held = Buffer.concat([this.#held, bytes]);
    else this.#held = isOwned ? bytes : Buffer.from(bytes);
  }

  #pauseIfFull(): void {
    if (this.#held !== undefined && this.#held.length >= MAX_EARLY_BYTES) this.pause();
  }

  #takeHeld(): Buffer | undefined {
    const held = this.#held;
    this.#held = undefined;
    return held;
  }

  /** Serves what has come. Not by recursion: one read may bring thousands of requests, each answered at once. */
  #advance(come?: Buffer): void {
    // What is begun for a client that is gone would never end.
    if (this.#isAdvancing || this.#isYielding || this.#socket.destroyed) return;
    this.#isAdvancing = true;
    let next = come ?? this.#takeHeld();
    let isOwned = come === undefined;
    for (let count = 0; next !== undefined; count++) {
      const isLong = count === MAX_ANSWERS_IN_A_ROW;
      // A client that sends requests and does not read the responses has to wait.
      if (isLong || needsDrain(this.#socket)) {
        this.#hold(next, isOwned);
        if (isLong) this.#yield();
        break;
      }
      this.#readHead(next, isOwned);
      next = this.#state === 'between' ? this.#takeHeld() : undefined;
      isOwned = true;
    }
    this.#isAdvancing = false;
    if (this.#state !== 'between') return;
    if (this.#held !== undefined) this.pause();
    else if (this.#hasEnded) this.#socket.destroySoon();
    else this.resume();
  }

  /** Goes on in the next turn of the event loop. */
  #yield(): void {
    this.#isYielding = true;
    setImmediate(() => {
      this.#isYielding = false;
      if (this.#state === 'between') this.#advance();
    });
  }

  #readHead(bytes: Buffer, isOwned: boolean): void {
    const { headMs, headBytes } = this.#context.limits;
    const hadBegun = this.#heads.hasBegun;
    const read = this.#heads.read(bytes);
    if (typeof read === 'object') {
      const request = this.#parser.parse(read.head);
      if (request.ok) this.#begin(request, read.rest, isOwned);
      else this.#refuse(request.problem);
    } else if (read === 'more') {
      // Of the whole head, not of each byte.
      if (!hadBegun && this.#heads.hasBegun) this.#setDeadline(headMs);
    } else if (read === 'garbage') this.#refuse(NOT_HTTP);
    else this.#refuse(headTooLarge(read === 'long-line', headBytes));
  }

  #begin(request: Http1Request, come: Buffer, isOwned: boolean): void {
    const exchange = new Exchange(this.#stream, request, this.#forwarded, this.#context);
    this.#state = 'exchange';
    this.#exchange = exchange;
    this.#persists = request.persists;
    this.#stream.begin(request.version);
    if (request.length === 0) {
      if (come.length > 0) this.#hold(come, isOwned);
      exchange.start(NO_PARTS, DONE);
      return;
    }
    // What is small is overwritten by the next read.
    const rest = isOwned || come.length > JOIN_BYTES ? come : Buffer.from(come);
    const body = bodyReader(request.length, this.#context.limits.headBytes);
    const parts: Buffer[] = [];
    const used = body.read(rest, 0, parts);
    if (!body.isDone) this.#body = body;
    if (used < rest.length) this.#hold(rest.subarray(used), isOwned);
    if (body.fault === undefined) exchange.start(parts, this.#endOf(body));
    else exchange.onRequestError(malformedBody(body.fault));
  }

  #endOf(body: BodyReader): BodyEnd {
    if (!body.isDone) return MORE;
    return endWith(passedTrailers(body.trailers, true, this.#context.underscores));
  }

  #readBody(body: BodyReader, bytes: Buffer): void {
    const parts: Buffer[] = [];
    const used = body.read(bytes, 0, parts);
    if (body.fault !== undefined) {
      this.#exchange?.onRequestError(malformedBody(body.fault));
      return;
    }
    if (body.isDone) {
      this.#body = undefined;
      if (used < bytes.length) {
        this.#hold(bytes.subarray(used));
        this.#pauseIfFull();
      }
    }
    this.#exchange?.onRequestData(parts, this.#endOf(body));
  }

  /** Answers a request whose head cannot be read. */
  #refuse(problem: Problem): void {
    this.#persists = false;
    this.#stream.begin('1.1');
    this.#isBroken = true;
    new Exchange(this.#stream, UNREADABLE, this.#forwarded, this.#context).answer(problem);
  }

  /**
   * Closes our side, and drops further bytes of the client for a while (RFC 9112 §9.6). If the socket were closed at once,
   * unread bytes would cause a reset, by which the client could lose the response that it has not read yet.
   */
  #close(isRead: boolean): void {
    this.#state = 'lingering';
    this.#setDeadline(this.#context.limits.answerBodyMs);
    if (isRead && this.#held === undefined) {
      this.#socket.destroySoon();
      return;
    }
    this.#held = undefined;
    this.#socket.end(() => {
      this.#lingersUntil = this.#context.clock.after(MAX_LINGER_MS);
      this.#linger();
    });
    this.resume();
  }

  /** A client that has ended its side, and gets nothing more for a while, has left. */
  #checkHalfOpen({ deadline }: Exchange, now: number): void {
    if (deadline !== this.#lastProgress) {
      this.#lastProgress = deadline;
      this.#setDeadline(HALF_OPEN_MS);
    } else if (now >= this.#deadline) this.#socket.destroy();
  }

  #linger(): void {
    this.#deadline = Math.min(this.#context.clock.after(LINGER_MS), this.#lingersUntil);
  }

  onDrain(): void {
    if (this.#exchange !== undefined) this.#exchange.onClientDrain();
    else if (this.#state === 'between') this.#advance();
  }

  /**
   * A client that ends its side still gets the responses to the requests that it has sent (RFC 9112 §9.6). It looks the
   * same as one that has left, so it waits only for a while; and not for a response without a length, which may go on for
   * ever.
   */
  onEnd(): void {
    this.#hasEnded = true;
    if (this.#state === 'tunnel') this.#exchange?.onRequestData(NO_PARTS, DONE);
    else if (this.#state === 'between' && this.#held === undefined) this.#socket.destroySoon();
    else if (this.#state === 'exchange') {
      if (this.#body !== undefined || this.#exchange?.isStreaming === true) this.#socket.destroy();
      else this.#setDeadline(HALF_OPEN_MS);
    }
  }

  onClose(): void {
    this.#exchange?.onClientClose();
  }
}
