import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { UnreadBudget, UnreadWriter } from '@rollcall/runtime';
import type { ApiResponse, WholeRequest } from '../api/http-api.ts';
import type { MaybePromise } from '../app/maybe-promise.ts';
import { readPlainRequest } from './plain-request.ts';
import type { UpgradeRequest } from './web-socket/upgrade.ts';
import type { WriteBatcher } from './write-batcher.ts';

/** Pipelined requests that are answered before other connections have their turn. */
const MAX_PER_TURN = 16;

/** Characters of responses that wait to be written together. */
const MAX_UNSENT = 16_384;

/** Responds to a request. Never throws or rejects. */
type Respond = (request: WholeRequest) => MaybePromise<ApiResponse>;

/** Takes over a connection that is to be a WebSocket, with what the client has sent behind its request. */
export type Upgrade = (request: UpgradeRequest, socket: Duplex, first: Buffer) => void;

/** What the connections of one server share. */
export interface PlainContext {
  readonly respond: Respond;
  readonly upgrade: Upgrade;
  readonly batcher: WriteBatcher;
  /** Bounds what all clients leave unread. */
  readonly unread: UnreadBudget;
  /** The open connections that are not handed over. */
  readonly connections: Set<PlainConnection>;
  /** Takes the connection over. The rest of the bytes can be read from it. */
  readonly handOver: (socket: Socket) => void;
  /** How long a new connection may be silent before it is closed, in milliseconds. */
  readonly firstTimeoutMs: number;
  /** The same between two requests. */
  readonly idleTimeoutMs: number;
}

/**
 * Serves one connection while its requests are plain, without node:http, whose objects and streams cost more than a trigger
 * itself (bench/broker/README.md). The first request that is not plain hands the connection over for good.
 */
export class PlainConnection implements UnreadWriter {
  readonly #socket: Socket;
  readonly #context: PlainContext;
  // Not the socket's own timeout, which would stay with the socket when it is a WebSocket.
  #timer: NodeJS.Timeout;
  #hasResponded = false;
  /** A response, or the connection's next turn, is awaited; no further request is read. */
  #isWaiting = false;
  #isClosing = false;
  /** The client has sent its end. */
  #hasEnded = false;
  #unsent = '';

  constructor(socket: Socket, context: PlainContext) {
    this.#socket = socket;
    this.#context = context;
    this.#timer = setTimeout(this.#destroy, context.firstTimeoutMs);
  }

  open(): void {
    this.#context.connections.add(this);
    this.#socket.on('data', this.#read);
    this.#socket.on('end', this.#end);
    this.#socket.on('drain', this.#drained);
    this.#socket.on('error', this.#destroy);
    this.#socket.on('close', this.#forget);
  }

  /** Ends the connection after the response that is under way, if any. */
  close(): void {
    this.#isClosing = true;
    this.#socket.off('data', this.#read);
    this.#socket.resume();
    if (!this.#isWaiting) this.#finish();
  }

  /** Writes the responses there are. */
  flush(): void {
    if (this.#unsent === '' || this.#socket.destroyed) return;
    const responses = this.#unsent;
    this.#unsent = '';
    this.#restartTimer();
    const isTaken = this.#socket.write(responses);
    this.#context.unread.count(this, this.#socket.writableLength);
    // A client that does not read its responses may send no more requests.
    if (!isTaken) this.#socket.pause();
  }

  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  disconnect(): void {
    this.#socket.destroy();
  }

  readonly #read = (bytes: Buffer): void => {
    let at = 0;
    for (let count = 1; ; count += 1) {
      const request = readPlainRequest(bytes, at);
      if (request === undefined) break;
      if (this.#isBehind()) {
        void this.#readAfter(drainedOrClosed(this.#socket), bytes.subarray(at));
        return;
      }
      if (count > MAX_PER_TURN) {
        void this.#readAfter(nextTurn(), bytes.subarray(at));
        return;
      }
      at = request.end;
      if ('upgrade' in request) {
        // A client that has sent its end sends no frames.
        if (this.#hasEnded) break;
        this.#release();
        this.#context.upgrade(request.upgrade, this.#socket, bytes.subarray(at));
        // It may be paused until the client has read its responses.
        this.#socket.resume();
        return;
      }
      const response = this.#context.respond(request);
      if (response instanceof Promise) {
        const sent = response.then((late) => this.#send(late));
        void this.#readAfter(sent, bytes.subarray(at));
        return;
      }
      this.#send(response);
    }
    if (this.#hasEnded) this.#finish();
    else if (at < bytes.length) this.#handOver(bytes.subarray(at));
  };

  /** Whether the client has to read responses before the next request is served: those it has sent ahead too. */
  #isBehind(): boolean {
    if (this.#unsent.length > MAX_UNSENT) this.flush();
    return this.#socket.writableNeedDrain;
  }

  /** Goes on with `rest` later. */
  async #readAfter(moment: Promise<void>, rest: Buffer): Promise<void> {
    this.#isWaiting = true;
    this.#socket.pause();
    await moment;
    this.#isWaiting = false;
    if (this.#isClosing) return this.#finish();
    if (this.#socket.destroyed) return;
    this.#resume();
    this.#read(rest);
  }

  readonly #end = (): void => {
    this.#hasEnded = true;
    if (!this.#isWaiting) this.#finish();
  };

  #finish(): void {
    this.flush();
    this.#socket.end();
  }

  readonly #destroy = (): void => {
    this.#socket.destroy();
  };

  readonly #forget = (): void => {
    clearTimeout(this.#timer);
    this.#context.connections.delete(this);
    this.#context.unread.count(this, 0);
  };

  readonly #drained = (): void => {
    this.#context.unread.count(this, 0);
    this.#resume();
  };

  #resume(): void {
    if (!this.#isWaiting && !this.#socket.writableNeedDrain) this.#socket.resume();
  }

  /** For the next request. */
  #restartTimer(): void {
    if (this.#hasResponded) {
      this.#timer.refresh();
      return;
    }
    this.#hasResponded = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#destroy, this.#context.idleTimeoutMs);
  }

  #handOver(bytes: Buffer): void {
    this.#release();
    const socket = this.#socket;
    // Paused, because bytes that are put back while there is no listener would be lost.
    socket.pause();
    socket.unshift(bytes);
    this.#context.handOver(socket);
    socket.resume();
  }

  /** Has nothing to do with the connection any more. */
  #release(): void {
    this.flush();
    const socket = this.#socket;
    socket.off('data', this.#read);
    socket.off('end', this.#end);
    socket.off('error', this.#destroy);
    socket.off('close', this.#forget);
    this.#forget();
    socket.off('drain', this.#drained);
  }

  #send({ status, text, retryAfter }: ApiResponse): void {
    const isFirst = this.#unsent === '';
    this.#unsent += [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(text)}`,
      ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
      `Date: ${httpDate(Date.now())}`,
      'Connection: keep-alive',
      `Keep-Alive: timeout=${this.#context.idleTimeoutMs / 1_000}`,
      '',
      text,
    ].join('\r\n');
    if (isFirst) this.#context.batcher.flushLater(this);
  }
}

/** Resolves when a socket has been given all that was written to it, or is closed. */
function drainedOrClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}

let second = 0;
let date = '';

/** RFC 9110 §5.6.7. Formatted once a second. */
function httpDate(now: number): string {
  const current = Math.floor(now / 1_000);
  if (current !== second) {
    second = current;
    date = new Date(now).toUTCString();
  }
  return date;
}
