import { randomInt } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { CLOSE_CODES, errorFrame } from '@rollcall/protocol/pusher';
import { limitLines } from '@rollcall/runtime';
import type { LogFields } from '@rollcall/runtime';
import type { ConnectionView } from '../admin/app-views.ts';
import type { App } from '../app/app.ts';
import type { Apps } from '../app/apps.ts';
import { ClientSocket } from './client-socket.ts';
import type { ClientContext } from './client-socket.ts';
import { readHandshake } from './handshake.ts';
import { KeepAlive } from './keep-alive.ts';
import type { Settings } from '../settings/options.ts';
import { endConnection } from './web-socket/end-connection.ts';
import { FrameOutput } from './web-socket/frame-output.ts';
import { answerUpgrade, SHUTTING_DOWN } from './web-socket/upgrade.ts';
import type { UpgradeRequest } from './web-socket/upgrade.ts';
import { WebSocket } from './web-socket/web-socket.ts';
import type { WebSocketListener } from './web-socket/web-socket.ts';

/** The WebSocket side of a broker. */
export class WebSockets {
  readonly #apps: Apps;
  readonly #settings: Settings;
  readonly #context: ClientContext;
  readonly #clients = new Set<ClientSocket>();
  readonly #keepAlive: KeepAlive;
  readonly #logRefused: (fields: LogFields, message: string) => void;
  #isClosing = false;

  constructor(apps: Apps, settings: Settings) {
    this.#apps = apps;
    this.#settings = settings;
    this.#context = {
      output: new FrameOutput(settings.maxUnreadBytes),
      settings,
      onClosed: (client) => this.#clients.delete(client),
    };
    this.#keepAlive = new KeepAlive(this.#clients, settings);
    this.#logRefused = limitLines(settings.logger.warn);
  }

  /**
   * Turns a connection into a WebSocket, or answers why not.
   * @param first what the client has sent behind its request.
   */
  upgrade(request: UpgradeRequest, socket: Duplex, first: Buffer): void {
    const answer = this.#isClosing
      ? SHUTTING_DOWN
      : answerUpgrade(request, this.#settings.compression);
    if (!answer.ok) return endConnection(socket, answer.response);
    const { head: response, mayCompress } = answer;
    const { output } = this.#context;
    const app = readHandshake(this.#apps, request, this.#settings.path);
    if ('code' in app) {
      this.#logRefused({ code: app.code, reason: app.message }, 'refused connection');
      const refused = new WebSocket({ socket, output, mayCompress, listener: UNHEARD });
      refused.open({ response, greeting: errorFrame(app.message, app.code), first });
      refused.close(app.code, app.message);
      return;
    }
    const options = { app, socketId: createSocketId(), socket, mayCompress };
    const client = new ClientSocket(options, this.#context);
    this.#clients.add(client);
    client.open(response, first);
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

  /** Closes all connections, within about a second, and refuses new ones. */
  close(): void {
    this.#isClosing = true;
    this.#keepAlive.stop();
    // Not 4200: pusher-js would reconnect at once, in a loop.
    const close = [CLOSE_CODES.overCapacity, 'the broker is shutting down'] as const;
    // First the sockets of all: no client is sent that the others leave, because they only go to another node.
    for (const client of this.#clients) client.shut(...close);
    for (const client of this.#clients) client.end(...close);
  }
}

/** Serves a client that is refused. */
const UNHEARD: WebSocketListener = {
  text() {},
  binary() {},
  activity() {},
  cut() {},
  closed() {},
};

/** Random, because a channel signature is valid for any client that has its socket id. */
function createSocketId(): string {
  return `${randomInt(1, 2 ** 47)}.${randomInt(1, 2 ** 47)}`;
}
