import {
  CLOSE_CODES,
  connectionEstablishedFrame,
  errorFrame,
  PING_FRAME,
} from '@rollcall/protocol/pusher';
import type { Duplex } from 'node:stream';
import type { ConnectionView } from '../admin/app-views.ts';
import type { App } from '../app/app.ts';
import type { SilentClient } from './keep-alive.ts';
import type { Settings } from '../settings/options.ts';
import { Session } from '../session/session.ts';
import type { SessionClient } from '../session/session.ts';
import type { FrameOutput } from './web-socket/frame-output.ts';
import { WebSocket } from './web-socket/web-socket.ts';
import type { WebSocketListener } from './web-socket/web-socket.ts';

/** RFC 6455 §7.4.1 */
const UNSUPPORTED_DATA = 1003;
const INTERNAL_ERROR = 1011;

/** What the clients of a broker share. */
export interface ClientContext {
  readonly output: FrameOutput;
  readonly settings: Pick<
    Settings,
    'activityTimeoutMs' | 'maxSubscriptions' | 'maxPublicSubscriptions' | 'logger'
  >;
  /** Called when the connection of a client has closed. */
  readonly onClosed: (client: ClientSocket) => void;
}

export interface ClientSocketOptions {
  readonly app: App;
  readonly socketId: string;
  /** The upgraded connection. */
  readonly socket: Duplex;
  /** Whether messages may be compressed. */
  readonly mayCompress: boolean;
}

const clock = (): number => performance.now();

/** One client, connected by a WebSocket. */
export class ClientSocket implements SessionClient, WebSocketListener, SilentClient {
  readonly app: App;
  readonly socketId: string;
  silentTicks = 0;
  readonly #context: ClientContext;
  readonly #socket: WebSocket;
  readonly #session: Session;
  readonly #openedAt = Date.now();
  #hasEnded = false;

  constructor({ app, socketId, socket, mayCompress }: ClientSocketOptions, context: ClientContext) {
    const { output, settings } = context;
    this.app = app;
    this.socketId = socketId;
    this.#context = context;
    this.#socket = new WebSocket({ socket, output, mayCompress, listener: this });
    this.#session = new Session({ app, client: this, settings, clock });
  }

  /** What operators are shown of it. */
  get view(): ConnectionView {
    const { userId, channelCount } = this.#session;
    return {
      socketId: this.socketId,
      since: this.#openedAt,
      ...(userId !== undefined && { userId }),
      channels: channelCount,
      unreadBytes: this.#socket.unsentBytes,
    };
  }

  /**
   * Sends `connection_established` and starts to receive frames.
   * @param response what the upgrade is answered with.
   * @param first what the client has sent behind its request.
   */
  open(response: string, first: Buffer): void {
    this.app.connectionOpened();
    this.#log('connected');
    const activityTimeout = wholeSeconds(this.#context.settings.activityTimeoutMs);
    const greeting = connectionEstablishedFrame(this.socketId, activityTimeout);
    this.#socket.open({ response, greeting, first });
  }

  send(frame: string): void {
    this.#socket.send(frame);
  }

  close(code: number, message: string): void {
    this.send(errorFrame(message, code));
    this.end(code, message);
  }

  text(message: string): void {
    this.activity();
    try {
      this.#session.receive(message);
    } catch (error) {
      this.failed(error);
    }
  }

  binary(): void {
    this.end(UNSUPPORTED_DATA, 'send text frames');
  }

  sendPing(): void {
    this.send(PING_FRAME);
  }

  /** The client has not answered the ping. */
  expire(): void {
    this.close(CLOSE_CODES.noPong, 'no pong in time');
  }

  activity(): void {
    this.silentTicks = 0;
  }

  cut(unreadBytes: number): void {
    this.app.counters.slowConsumers += 1;
    this.#context.settings.logger.warn(
      { socketId: this.socketId, unreadBytes },
      'closed connection: the client does not read',
    );
  }

  closed(): void {
    this.#ended();
    this.#context.onClosed(this);
  }

  /** Closes this connection after an unexpected error, so that the others are not affected. */
  failed(error: unknown): void {
    this.#context.settings.logger.error(
      { socketId: this.socketId, err: error },
      'connection failed',
    );
    this.end(INTERNAL_ERROR, 'internal error of the broker');
  }

  /** Sends nothing from now on. The session goes on until {@link end}. */
  shut(code: number, message: string): void {
    this.#socket.close(code, message);
  }

  /** Closes with a code, without a frame that says why. */
  end(code: number, message: string): void {
    this.#socket.close(code, message);
    // Not when it has closed: a client that hangs does not answer, and the others should see it leave now.
    this.#ended();
  }

  #ended(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#session.end();
    this.app.connectionClosed();
    this.#log('disconnected');
  }

  #log(type: 'connected' | 'disconnected'): void {
    const { log } = this.app.counters;
    if (log.isWatched) log.add({ type, socketId: this.socketId });
  }
}

/** Rounded up: some SDKs accept whole numbers only, and take 0 for a failed handshake. */
function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
