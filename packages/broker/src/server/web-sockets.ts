import { randomInt } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CLOSE_CODES, errorFrame } from '@rollcall/protocol/pusher';
import { limitLines } from '@rollcall/runtime';
import type { LogFields } from '@rollcall/runtime';
import { WebSocketServer } from 'ws';
import type { ServerOptions, WebSocket } from 'ws';
import type { ConnectionView } from '../admin/app-views.ts';
import type { App } from '../app/app.ts';
import type { Apps } from '../app/apps.ts';
import { ClientSocket } from './client-socket.ts';
import { readHandshake } from './handshake.ts';
import type { Settings } from '../settings/options.ts';
import { FrameWriters } from './frame-writer.ts';

/** Room for 10 KB of data with every character escaped as \uXXXX. */
export const MAX_FRAME_BYTES = 65_536;

/** A client that does not answer a close within this time is disconnected. */
const CLOSE_TIMEOUT_MS = 1_000;

/** Fragments of an incomplete message. Each takes 300 bytes of memory, even if it carries one byte. */
export const MAX_FRAGMENTS = 64;
/** Chunks of an incomplete frame. 64 KiB in the smallest segments of TCP (536 bytes) are 123. */
const MAX_CHUNKS = 1_024;

interface Limits {
  readonly closeTimeout: number;
  readonly maxFragments: number;
  readonly maxBufferedChunks: number;
}

// @types/ws does not have all of them yet.
const SERVER_OPTIONS: ServerOptions & Limits = {
  noServer: true,
  maxPayload: MAX_FRAME_BYTES,
  maxFragments: MAX_FRAGMENTS,
  maxBufferedChunks: MAX_CHUNKS,
  closeTimeout: CLOSE_TIMEOUT_MS,
};

/**
 * Neither side keeps a context between messages. So a broadcast is compressed once for all of its receivers, and a connection
 * takes no memory for it. ws bounds an inflated message by `maxPayload`.
 */
const COMPRESSION = { serverNoContextTakeover: true, clientNoContextTakeover: true } as const;

/** The WebSocket side of a broker. */
export class WebSockets {
  readonly #server: WebSocketServer;
  readonly #apps: Apps;
  readonly #settings: Settings;
  readonly #writers = new FrameWriters();
  readonly #clients = new Set<ClientSocket>();
  readonly #logRefused: (fields: LogFields, message: string) => void;

  constructor(apps: Apps, settings: Settings) {
    this.#apps = apps;
    this.#settings = settings;
    const perMessageDeflate = settings.compression && COMPRESSION;
    this.#server = new WebSocketServer({ ...SERVER_OPTIONS, perMessageDeflate });
    this.#logRefused = limitLines(settings.logger.warn);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) =>
      this.#open(webSocket, socket, request),
    );
  }

  /** What operators are shown of the connections of an app, in the order in which they were opened. */
  *connectionsOf(app: App): Generator<ConnectionView> {
    for (const client of this.#clients) if (client.app === app) yield client.view;
  }

  /** Closes the connections of an app that is not served any more. */
  disconnect(app: App): void {
    for (const client of this.#clients) {
      if (client.app === app)
        client.close(CLOSE_CODES.unknownApp, 'the app is not served any more');
    }
  }

  /** Closes the connections of apps that are disabled. */
  disconnectDisabled(): void {
    for (const client of this.#clients) {
      if (client.app.options.enabled === false) {
        client.close(CLOSE_CODES.disabledApp, 'the app is disabled');
      }
    }
  }

  /** Closes all connections and refuses new ones. Takes about a second at most. */
  async close(): Promise<void> {
    this.#writers.flush();
    // Not 4200: pusher-js would reconnect at once, in a loop.
    for (const client of this.#server.clients) {
      client.close(CLOSE_CODES.overCapacity, 'the broker is shutting down');
    }
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #open(webSocket: WebSocket, socket: Duplex, request: IncomingMessage): void {
    // ws itself closes a connection that breaks the protocol.
    webSocket.on('error', () => {});
    const app = readHandshake(this.#apps, request, this.#settings.path);
    if ('code' in app) {
      this.#logRefused({ code: app.code, reason: app.message }, 'refused connection');
      webSocket.send(errorFrame(app.message, app.code));
      webSocket.close(app.code, app.message);
      return;
    }
    // A frame is the same for all clients. One that wants a smaller window is sent plain frames, which it accepts too.
    const wantsSmallWindow = /server_max_window_bits/i.test(
      request.headers['sec-websocket-extensions'] ?? '',
    );
    const isCompressed = webSocket.extensions !== '' && !wantsSmallWindow;
    const writer = this.#writers.open(webSocket, socket, isCompressed);
    const options = { app, socketId: createSocketId(), writer, settings: this.#settings };
    const client = new ClientSocket(webSocket, options);
    this.#clients.add(client);
    webSocket.once('close', () => {
      this.#clients.delete(client);
      writer.forget();
    });
    client.open();
  }
}

/** Random, because a channel signature is valid for any client that has its socket id. */
function createSocketId(): string {
  return `${randomInt(1, 2 ** 47)}.${randomInt(1, 2 ** 47)}`;
}
