import {
  CLOSE_CODES,
  connectionEstablishedFrame,
  errorFrame,
  PING_FRAME,
} from '@rollcall/protocol/pusher';
import type { WebSocket } from 'ws';
import type { App } from './app.ts';
import type { Connection } from './connection.ts';
import { Keepalive } from './keepalive.ts';
import { Session } from './session.ts';

/** A client that leaves more than this unread is cut off: what it does not read is kept in memory. */
export const MAX_UNREAD_BYTES = 1_048_576;

const UNSUPPORTED_DATA = 1003; // RFC 6455 §7.4.1

export interface ClientSocketOptions {
  readonly app: App;
  readonly socketId: string;
  readonly activityTimeoutMs: number;
  readonly pongTimeoutMs: number;
  readonly log: (line: string) => void;
}

/** Carries the frames of one client over its open WebSocket. */
export class ClientSocket implements Connection {
  readonly socketId: string;
  readonly #socket: WebSocket;
  readonly #session: Session;
  readonly #keepalive: Keepalive;
  readonly #options: ClientSocketOptions;

  constructor(socket: WebSocket, options: ClientSocketOptions) {
    const { app, socketId, activityTimeoutMs, pongTimeoutMs } = options;
    this.socketId = socketId;
    this.#socket = socket;
    this.#options = options;
    this.#session = new Session(app, this, () => performance.now());
    this.#keepalive = new Keepalive({
      activityTimeoutMs,
      pongTimeoutMs,
      ping: () => this.send(PING_FRAME),
      expire: () => this.#expire(),
    });
  }

  /** Greets the client and listens to it from now on. */
  open(): void {
    this.#socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    this.#socket.on('ping', () => this.#keepalive.activity());
    this.#socket.on('pong', () => this.#keepalive.activity());
    this.#socket.on('close', () => this.#end());
    const activityTimeout = wholeSeconds(this.#options.activityTimeoutMs);
    this.send(connectionEstablishedFrame(this.socketId, activityTimeout));
  }

  send(frame: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(frame);
    if (this.#socket.bufferedAmount <= MAX_UNREAD_BYTES) return;
    this.#options.log(`cut off connection ${this.socketId}: it does not read what it is sent`);
    // Its session ends on 'close', which comes later: other connections may be being served now.
    this.#socket.terminate();
  }

  #receive(data: { toString(): string }, isBinary: boolean): void {
    // Frames still come in while a close is under way, and must not subscribe to anything.
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (isBinary) {
      this.#socket.close(UNSUPPORTED_DATA, 'send text frames');
      return;
    }
    this.#keepalive.activity();
    this.#session.receive(data.toString());
  }

  #expire(): void {
    const message = 'no pong in time';
    this.send(errorFrame(message, CLOSE_CODES.noPong));
    this.#socket.close(CLOSE_CODES.noPong, message);
    // Such a client will hardly answer the close, and the others should know at once.
    this.#end();
  }

  #end(): void {
    this.#keepalive.stop();
    this.#session.end();
  }
}

/** Rounded up: some SDKs take whole numbers only, and 0 for a failed handshake. */
function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
