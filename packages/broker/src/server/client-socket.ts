import {
  CLOSE_CODES,
  connectionEstablishedFrame,
  errorFrame,
  PING_FRAME,
} from '@rollcall/protocol/pusher';
import type { WebSocket } from 'ws';
import type { App } from '../app/local-app.ts';
import type { Connection } from '../app/connection.ts';
import { KeepAlive } from './keep-alive.ts';
import type { Settings } from '../options.ts';
import type { FrameWriter } from './frame-writer.ts';
import { Session } from '../session/session.ts';

/** RFC 6455 §7.4.1 */
const UNSUPPORTED_DATA = 1003;
const INTERNAL_ERROR = 1011;

export interface ClientSocketOptions {
  readonly app: App;
  readonly socketId: string;
  readonly outlet: FrameWriter;
  readonly settings: Pick<
    Settings,
    | 'activityTimeoutMs'
    | 'pongTimeoutMs'
    | 'maxSubscriptions'
    | 'maxPublicSubscriptions'
    | 'maxUnreadBytes'
    | 'logger'
  >;
}

/** Carries the frames of one client over its open WebSocket. */
export class ClientSocket implements Connection {
  readonly socketId: string;
  readonly #socket: WebSocket;
  readonly #session: Session;
  readonly #keepalive: KeepAlive;
  readonly #options: ClientSocketOptions;
  #hasEnded = false;

  constructor(socket: WebSocket, options: ClientSocketOptions) {
    const { app, socketId, settings } = options;
    this.socketId = socketId;
    this.#socket = socket;
    this.#options = options;
    this.#session = new Session({
      app,
      connection: this,
      clock: () => performance.now(),
      maxSubscriptions: settings.maxSubscriptions,
      maxPublicSubscriptions: settings.maxPublicSubscriptions,
    });
    this.#keepalive = new KeepAlive({
      activityTimeoutMs: settings.activityTimeoutMs,
      pongTimeoutMs: settings.pongTimeoutMs,
      ping: () => this.send(PING_FRAME),
      expire: () => this.close(CLOSE_CODES.noPong, 'no pong in time'),
    });
  }

  /** Greets the client and listens to it from now on. */
  open(): void {
    const { app, settings } = this.#options;
    app.connected();
    this.#socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    this.#socket.on('ping', () => this.#keepalive.activity());
    this.#socket.on('pong', () => this.#keepalive.activity());
    this.#socket.on('close', () => this.#end());
    const activityTimeout = wholeSeconds(settings.activityTimeoutMs);
    this.send(connectionEstablishedFrame(this.socketId, activityTimeout));
  }

  send(frame: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const { app, outlet, settings } = this.#options;
    outlet.send(frame);
    // What a client does not read is kept in memory.
    if (outlet.unsentBytes <= settings.maxUnreadBytes) return;
    app.counters.slowConsumers += 1;
    settings.logger.warn(
      { socketId: this.socketId },
      'closing connection: the client does not read',
    );
    // Its session ends on 'close', which comes later: other connections may be being served now.
    this.#socket.terminate();
  }

  close(code: number, message: string): void {
    this.send(errorFrame(message, code));
    this.#closeSocket(code, message);
  }

  #receive(data: { toString(): string }, isBinary: boolean): void {
    // Frames still come in while a close is under way, and must not subscribe to anything.
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (isBinary) return this.#closeSocket(UNSUPPORTED_DATA, 'send text frames');
    this.#keepalive.activity();
    try {
      this.#session.receive(data.toString());
    } catch (error) {
      // Nothing is known that throws. What is not known shall cost no one else their connection.
      this.#options.settings.logger.error(
        { socketId: this.socketId, err: error },
        'connection failed',
      );
      this.#closeSocket(INTERNAL_ERROR, 'the broker failed; its log says why');
    }
  }

  #closeSocket(code: number, message: string): void {
    this.#options.outlet.flush();
    this.#socket.close(code, message);
    // A client that hangs will not answer the close, and the others should know at once.
    this.#end();
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#keepalive.stop();
    this.#session.end();
    this.#options.app.disconnected();
  }
}

/** Rounded up: some SDKs take whole numbers only, and 0 for a failed handshake. */
function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
