import {
  CLOSE_CODES,
  connectionEstablishedFrame,
  errorFrame,
  PING_FRAME,
} from '@rollcall/protocol/pusher';
import type { WebSocket } from 'ws';
import type { ConnectionView } from '../admin/app-views.ts';
import type { App } from '../app/app.ts';
import type { Connection } from '../app/connection.ts';
import { KeepAlive } from './keep-alive.ts';
import type { Settings } from '../settings/options.ts';
import type { FrameWriter } from './frame-writer.ts';
import { Session } from '../session/session.ts';

/** RFC 6455 §7.4.1 */
const UNSUPPORTED_DATA = 1003;
const INTERNAL_ERROR = 1011;

const MAX_REASON_BYTES = 123;

export interface ClientSocketOptions {
  readonly app: App;
  readonly socketId: string;
  readonly writer: FrameWriter;
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

/** One client, connected by a WebSocket. */
export class ClientSocket implements Connection {
  readonly socketId: string;
  readonly #socket: WebSocket;
  readonly #session: Session;
  readonly #keepAlive: KeepAlive;
  readonly #options: ClientSocketOptions;
  readonly #openedAt = Date.now();
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
      onError: (error) => this.#fail(error),
    });
    this.#keepAlive = new KeepAlive({
      activityTimeoutMs: settings.activityTimeoutMs,
      pongTimeoutMs: settings.pongTimeoutMs,
      ping: () => this.send(PING_FRAME),
      expire: () => this.close(CLOSE_CODES.noPong, 'no pong in time'),
    });
  }

  get app(): App {
    return this.#options.app;
  }

  /** What operators are shown of it. */
  get view(): ConnectionView {
    const { userId, channelCount } = this.#session;
    return {
      socketId: this.socketId,
      since: this.#openedAt,
      ...(userId !== undefined && { userId }),
      channels: channelCount,
      unreadBytes: this.#options.writer.unsentBytes,
    };
  }

  /** Sends `connection_established` and starts to receive frames. */
  open(): void {
    const { app, settings, writer } = this.#options;
    app.connectionOpened();
    this.#log('connected');
    writer.onDisconnect((unreadBytes) => this.#logSlow(unreadBytes));
    this.#socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    this.#socket.on('ping', () => this.#keepAlive.activity());
    this.#socket.on('pong', () => this.#keepAlive.activity());
    this.#socket.on('close', () => this.#end());
    const activityTimeout = wholeSeconds(settings.activityTimeoutMs);
    this.send(connectionEstablishedFrame(this.socketId, activityTimeout));
  }

  send(frame: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const { writer, settings } = this.#options;
    writer.send(frame);
    if (writer.unsentBytes > settings.maxUnreadBytes) writer.disconnect();
  }

  close(code: number, message: string): void {
    this.send(errorFrame(message, code));
    this.#closeSocket(code, message);
  }

  #log(type: 'connected' | 'disconnected'): void {
    const { log } = this.app.counters;
    if (log.isWatched) log.add({ type, socketId: this.socketId });
  }

  #logSlow(unreadBytes: number): void {
    const { app, settings } = this.#options;
    app.counters.slowConsumers += 1;
    settings.logger.warn(
      { socketId: this.socketId, unreadBytes },
      'closed connection: the client does not read',
    );
  }

  #receive(data: { toString(): string }, isBinary: boolean): void {
    // Frames still arrive after a close was sent, and must not subscribe to anything.
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (isBinary) return this.#closeSocket(UNSUPPORTED_DATA, 'send text frames');
    this.#keepAlive.activity();
    try {
      this.#session.receive(data.toString());
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Closes this connection after an unexpected error, so that the others are not affected. */
  #fail(error: unknown): void {
    this.#options.settings.logger.error(
      { socketId: this.socketId, err: error },
      'connection failed',
    );
    this.#closeSocket(INTERNAL_ERROR, 'internal error of the broker');
  }

  #closeSocket(code: number, message: string): void {
    this.#options.writer.flush();
    this.#socket.close(code, closeReason(message));
    // Not on 'close': a client that hangs does not answer, and the others should see it leave now.
    this.#end();
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#keepAlive.stop();
    this.#session.end();
    this.#options.app.connectionClosed();
    this.#log('disconnected');
  }
}

/** Shortens a message to the 123 bytes that a Close frame has room for (RFC 6455 §5.5), in whole characters. */
function closeReason(message: string): Buffer {
  const reason = Buffer.alloc(MAX_REASON_BYTES);
  const { written } = new TextEncoder().encodeInto(message, reason);
  return reason.subarray(0, written);
}

/** Rounded up: some SDKs accept whole numbers only, and take 0 for a failed handshake. */
function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
