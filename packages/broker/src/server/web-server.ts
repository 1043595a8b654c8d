import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { RollcallError, urlHost } from '@rollcall/protocol';
import { limitLines, listen, onePerTurn, UnreadBudget } from '@rollcall/runtime';
import type { ConnectionLimiter } from '@rollcall/proxy';
import type { Certificate, Logger } from '@rollcall/runtime';
import { PlainConnection } from './plain-connection.ts';
import type { PlainContext, Upgrade } from './plain-connection.ts';
import { endConnection } from './web-socket/end-connection.ts';
import { NO_WEBSOCKET } from './web-socket/upgrade.ts';
import { WriteBatcher } from './write-batcher.ts';

/** How long requests may go on after the server was closed. */
const CLOSE_TIMEOUT_MS = 1_000;

const SERVER_OPTIONS = {
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  // Longer than clients keep an idle connection (Go: 90 s). Otherwise the broker could close one just as a client sends a
  // request on it.
  keepAliveTimeout: 95_000,
};

/** Responses that are written together. More would keep the first publishers waiting. */
const MAX_WAITING_RESPONSES = 8;

export interface WebServerOptions {
  readonly host: string;
  readonly port: number;
  /** What chooses the port, such as `--admin-port`, for the error if it is taken. */
  readonly portSetting?: string;
  readonly tls?: Certificate | undefined;
  /** Counts the connections. */
  readonly limiter: ConnectionLimiter;
  readonly logger: Logger;
  readonly onRequest: RequestListener;
  /** Serves plain requests, which then do not reach `onRequest`, and WebSockets. */
  readonly plain?: Pick<PlainContext, 'respond' | 'upgrade'>;
}

/** An HTTP or HTTPS server that is listening. */
export interface WebServer {
  readonly server: Server;
  readonly port: number;
  /** `http://HOST:PORT`, or `https:`. */
  readonly url: string;
  /** Shows another certificate to clients that connect from now on. Does nothing without TLS. */
  renew(tls: Certificate): void;
  /** Stops listening. Resolves when all connections are closed, within about a second. */
  close(): Promise<void>;
}

/**
 * Starts an HTTP or HTTPS server.
 *
 * @throws {@link RollcallError} `ROLLCALL_PORT_TAKEN`, `ROLLCALL_LISTEN`, `ROLLCALL_CONFIG`
 */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const { host, tls, limiter, logger, onRequest } = options;
  const server = tls === undefined ? createServer(SERVER_OPTIONS) : createSecureServer(tls);
  server.on('request', onePerTurn(onRequest));
  const plain = new Set<PlainConnection>();
  if (options.plain !== undefined) {
    servePlain(server, options.plain, plain);
    serveUpgrades(server, options.plain.upgrade);
  }
  // The server itself does not know sockets that have sent no request, or have not finished the TLS handshake.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    // Not `once`, which allocates more for each connection.
    socket.on('close', forget);
  });
  function forget(this: Socket): void {
    sockets.delete(this);
  }
  limiter.guard(server);
  const { port } = await listen(server, host, options.port, options.portSetting);
  const logError = limitLines(logger.error);
  // Such as a lack of file descriptors.
  server.on('error', (error) => logError({ err: error }, 'cannot accept connections'));
  const authority = `${urlHost(host)}:${port}`;
  return {
    server,
    port,
    url: `${tls === undefined ? 'http' : 'https'}://${authority}`,
    renew: (renewed) => {
      if (server instanceof TlsServer) server.setSecureContext(renewed);
    },
    close: () => close(server, plain, sockets),
  };
}

function createSecureServer({ cert, key }: Certificate): Server {
  try {
    return createTlsServer({ ...SERVER_OPTIONS, cert, key, handshakeTimeout: 10_000 });
  } catch (cause) {
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      'the TLS certificate and key cannot be used; both must be PEM, and belong together',
      { cause },
    );
  }
}

/** Serves connections itself while their requests are plain, and hands them to the server with the first that is not. */
function servePlain(
  server: Server,
  plain: Pick<PlainContext, 'respond' | 'upgrade'>,
  connections: Set<PlainConnection>,
): void {
  const event = server instanceof TlsServer ? 'secureConnection' : 'connection';
  const [serve] = server.listeners(event);
  server.removeAllListeners(event);
  const context = {
    ...plain,
    batcher: new WriteBatcher(MAX_WAITING_RESPONSES),
    unread: new UnreadBudget(),
    connections,
    handOver: (socket: Socket) => void serve?.call(server, socket),
    firstTimeoutMs: SERVER_OPTIONS.headersTimeout,
    idleTimeoutMs: SERVER_OPTIONS.keepAliveTimeout,
  };
  server.on(event, (socket: Socket) => new PlainConnection(socket, context).open());
}

/** Of requests that are not plain, such as one that comes in pieces. */
function serveUpgrades(server: Server, upgrade: Upgrade): void {
  server.on('upgrade', (request, socket, first) => {
    const { method, url: target = '/', headers } = request;
    const protocols = headers.upgrade?.toLowerCase().split(/[ \t]*,[ \t]*/);
    if (method === 'GET' && protocols?.includes('websocket')) {
      const field = (name: string): string | undefined => headers[name]?.toString();
      upgrade({ target, field }, socket, first);
    } else {
      endConnection(socket, NO_WEBSOCKET.response);
    }
  });
}

async function close(
  server: Server,
  plain: ReadonlySet<PlainConnection>,
  sockets: ReadonlySet<Socket>,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const connection of plain) connection.close();
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, CLOSE_TIMEOUT_MS);
  await closed;
  clearTimeout(timer);
}
