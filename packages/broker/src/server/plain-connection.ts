import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Answer } from '../api/http-api.ts';
import { readPlainRequest } from './plain-request.ts';
import type { PlainRequest } from './plain-request.ts';
import type { WriteBatcher } from './write-batcher.ts';

/** What the connections of one server share. */
export interface PlainContext {
  readonly answer: (request: PlainRequest) => Answer;
  readonly endOfTurn: WriteBatcher;
  /** Those that are open and not handed over. */
  readonly connections: Set<PlainConnection>;
  /** Takes the connection, with what is not answered yet still to be read from it. */
  readonly handOver: (socket: Socket) => void;
  /** Silence before the first request, after which the connection ends, in milliseconds. */
  readonly firstTimeoutMs: number;
  /** The same between two requests. */
  readonly idleTimeoutMs: number;
}

/**
 * Serves one connection for as long as its requests are plain, past node:http, whose objects and streams
 * take longer than a trigger does (bench/README.md). With the first request that is not plain the
 * connection is handed over, and does not come back.
 */
export class PlainConnection {
  readonly #socket: Socket;
  readonly #context: PlainContext;
  // Not the socket's own, which would stay with it when it is a WebSocket long since.
  #timer: NodeJS.Timeout;
  #hasAnswered = false;
  #unsent = '';

  constructor(socket: Socket, context: PlainContext) {
    this.#socket = socket;
    this.#context = context;
    this.#timer = setTimeout(this.#expire, context.firstTimeoutMs);
  }

  open(): void {
    this.#context.connections.add(this);
    this.#socket.on('data', this.#read);
    this.#socket.on('end', this.#end);
    this.#socket.on('error', this.#expire);
    this.#socket.on('close', this.#forget);
  }

  /** No request is under way: each is answered as it is read. */
  close(): void {
    this.#socket.off('data', this.#read);
    this.#socket.resume();
    this.#end();
  }

  /** Writes the answers there are. */
  flush(): void {
    if (this.#unsent === '' || this.#socket.destroyed) return;
    const answers = this.#unsent;
    this.#unsent = '';
    this.#wait();
    if (this.#socket.write(answers)) return;
    // Who does not read its answers may ask nothing more.
    this.#socket.pause();
    this.#socket.once('drain', this.#resume);
  }

  readonly #read = (bytes: Buffer): void => {
    let at = 0;
    for (;;) {
      const request = readPlainRequest(bytes, at);
      if (request === undefined) break;
      this.#send(this.#context.answer(request));
      at = request.end;
    }
    if (at < bytes.length) this.#handOver(bytes.subarray(at));
  };

  readonly #end = (): void => {
    this.flush();
    this.#socket.end();
  };

  readonly #expire = (): void => {
    this.#socket.destroy();
  };

  readonly #forget = (): void => {
    clearTimeout(this.#timer);
    this.#context.connections.delete(this);
  };

  readonly #resume = (): void => {
    this.#socket.resume();
  };

  /** For the next request. */
  #wait(): void {
    if (this.#hasAnswered) {
      this.#timer.refresh();
      return;
    }
    this.#hasAnswered = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#expire, this.#context.idleTimeoutMs);
  }

  #handOver(bytes: Buffer): void {
    this.flush();
    const socket = this.#socket;
    socket.off('data', this.#read);
    socket.off('end', this.#end);
    socket.off('error', this.#expire);
    socket.off('close', this.#forget);
    this.#forget();
    socket.off('drain', this.#resume);
    // Paused while nobody listens: what is put back would be lost.
    socket.pause();
    socket.unshift(bytes);
    this.#context.handOver(socket);
    socket.resume();
  }

  #send({ status, text }: Answer): void {
    const isFirst = this.#unsent === '';
    this.#unsent += [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(text)}`,
      `Date: ${httpDate(Date.now())}`,
      'Connection: keep-alive',
      `Keep-Alive: timeout=${this.#context.idleTimeoutMs / 1_000}`,
      '',
      text,
    ].join('\r\n');
    if (isFirst) this.#context.endOfTurn.flushLater(this);
  }
}

let second = 0;
let date = '';

/** RFC 9110 §5.6.7. It is made anew once a second. */
function httpDate(now: number): string {
  const current = Math.floor(now / 1_000);
  if (current !== second) {
    second = current;
    date = new Date(now).toUTCString();
  }
  return date;
}
