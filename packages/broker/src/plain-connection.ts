import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Answer } from './api/http-api.ts';
import { readPlainRequest } from './api/plain-request.ts';
import type { PlainRequest } from './api/plain-request.ts';
import type { EndOfTurn } from './end-of-turn.ts';

/** What the connections of one server share. */
export interface PlainContext {
  readonly answer: (request: PlainRequest) => Answer;
  readonly endOfTurn: EndOfTurn;
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
  #unsent = '';

  constructor(socket: Socket, context: PlainContext) {
    this.#socket = socket;
    this.#context = context;
  }

  open(): void {
    this.#context.connections.add(this);
    this.#socket.on('data', this.#read);
    this.#socket.on('end', this.#end);
    this.#socket.on('timeout', this.#expire);
    this.#socket.on('error', this.#expire);
    this.#socket.on('close', this.#forget);
    this.#socket.setTimeout(this.#context.firstTimeoutMs);
  }

  /** No request is under way: each is answered as it is read. */
  close(): void {
    this.#socket.off('data', this.#read);
    this.#socket.resume();
    this.#end();
  }

  /** Writes the answers there are. */
  flush(): void {
    if (this.#unsent === '') return;
    const answers = this.#unsent;
    this.#unsent = '';
    this.#socket.setTimeout(this.#context.idleTimeoutMs);
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
    this.#context.connections.delete(this);
  };

  readonly #resume = (): void => {
    this.#socket.resume();
  };

  #handOver(bytes: Buffer): void {
    this.flush();
    const socket = this.#socket;
    socket.off('data', this.#read);
    socket.off('end', this.#end);
    socket.off('timeout', this.#expire);
    socket.off('error', this.#expire);
    socket.off('close', this.#forget);
    this.#forget();
    socket.off('drain', this.#resume);
    socket.setTimeout(0);
    // Paused while nobody listens: what is put back would be lost.
    socket.pause();
    socket.unshift(bytes);
    this.#context.handOver(socket);
    socket.resume();
  }

  #send({ status, text }: Answer): void {
    if (this.#unsent === '') this.#context.endOfTurn.flushLater(this);
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
