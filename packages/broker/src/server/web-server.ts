import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { RollcallError } from '@rollcall/protocol';
import { listen } from '@rollcall/runtime';
import type { Answer } from '../api/http-api.ts';
import type { PlainRequest } from './plain-request.ts';
import { WriteBatcher } from './write-batcher.ts';
import type { TlsOptions } from '../options.ts';
import { PlainConnection } from './plain-connection.ts';

/** A request under way when the server closes has this long to come to its end. */
const CLOSE_TIMEOUT_MS = 1_000;

const SERVER_OPTIONS = {
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  // Longer than clients keep an idle connection (Go: 90 s), so that it is never the broker that
  // drops one just as a request is sent on it.
  keepAliveTimeout: 95_000,
};

/** The first publishers go on while the others' requests are read. */
const ANSWERS_AT_A_TIME = 8;

export interface WebServerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsOptions | undefined;
  readonly onRequest: RequestListener;
  /** Answers plain requests, which come past `onRequest` then. */
  readonly answer?: (request: PlainRequest) => Answer;
}

/** An HTTP or HTTPS server that is listening. */
export interface WebServer {
  readonly server: Server;
  readonly port: number;
  /** `http://HOST:PORT`, or `https:`. */
  readonly url: string;
  /** Resolves when no connection is left, within about a second. */
  close(): Promise<void>;
}

/** @throws {@link RollcallError} `ROLLCALL_PORT_TAKEN`, `ROLLCALL_LISTEN`, `ROLLCALL_CONFIG` */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const { host, tls, onRequest, answer } = options;
  const server = tls === undefined ? createServer(SERVER_OPTIONS) : createSecureServer(tls);
  server.on('request', onRequest);
  const plain = new Set<PlainConnection>();
  if (answer !== undefined) servePlain(server, answer, plain);
  // All of them: the server itself does not know those that have not come to a request, or to TLS.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const { port } = await listen(server, host, options.port);
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    server,
    port,
    url: `${tls === undefined ? 'http' : 'https'}://${authority}`,
    close: () => close(server, plain, sockets),
  };
}

function createSecureServer({ cert, key }: TlsOptions): Server {
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

/** Lets the server have a connection only when a request comes on it that is not plain. */
function servePlain(
  server: Server,
  answer: (request: PlainRequest) => Answer,
  connections: Set<PlainConnection>,
): void {
  const event = server instanceof TlsServer ? 'secureConnection' : 'connection';
  const [serve] = server.listeners(event);
  server.removeAllListeners(event);
  const context = {
    answer,
    endOfTurn: new WriteBatcher(ANSWERS_AT_A_TIME),
    connections,
    handOver: (socket: Socket) => void serve?.call(server, socket),
    firstTimeoutMs: SERVER_OPTIONS.headersTimeout,
    idleTimeoutMs: SERVER_OPTIONS.keepAliveTimeout,
  };
  server.on(event, (socket: Socket) => new PlainConnection(socket, context).open());
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
