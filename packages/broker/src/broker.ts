import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RollcallError } from '@rollcall/protocol';
import { HttpApi } from './api/http-api.ts';
import { App } from './app.ts';
import { Apps } from './apps.ts';
import { readOptions } from './options.ts';
import type { BrokerOptions } from './options.ts';
import { WebSockets } from './web-sockets.ts';

/** A Pusher Channels server that is listening. */
export interface Broker {
  /** As it was given. */
  readonly host: string;
  readonly port: number;
  /** `http://HOST:PORT`, for the HTTP API; WebSockets are at the same port. */
  readonly url: string;
  /**
   * Closes every connection with 4100, at which clients try again after a second, and stops
   * listening. Resolves when nothing is left open, within about a second; again and again, if you like.
   */
  close(): Promise<void>;
}

/** A request under way when the broker closes has this long to come to its end. */
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * Starts a Pusher Channels server: WebSocket protocol 7 at `/app/KEY`, the signed HTTP API at
 * `/apps/ID`, and `GET /up`, which answers 200 while it runs.
 *
 * @throws {@link RollcallError} `ROLLCALL_PORT_TAKEN`, `ROLLCALL_LISTEN`, or `ROLLCALL_CONFIG` for
 * options that cannot be.
 */
export async function createBroker(options: BrokerOptions): Promise<Broker> {
  const settings = readOptions(options);
  const { host, log } = settings;
  const apps = new Apps(settings.apps.map((app) => new App(app)));
  const api = new HttpApi(apps, log);
  const webSockets = new WebSockets(apps, settings);

  const server = createServer({
    requestTimeout: 30_000,
    headersTimeout: 10_000,
    // Longer than clients keep an idle connection (Go: 90 s), so that it is never the broker that
    // drops one just as a request is sent on it.
    keepAliveTimeout: 95_000,
  });
  server.on('request', (request, response) => void api.handle(request, response));
  server.on('upgrade', (request, socket, head) => webSockets.upgrade(request, socket, head));
  await listen(server, host, settings.port);
  server.on('error', (error) => log(`cannot take a connection: ${error.message}`));

  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    host,
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () => (closing ??= close(server, webSockets)),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => reject(listenError(cause, host, port));
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): RollcallError {
  if (cause.code === 'EADDRINUSE') {
    return new RollcallError(
      'ROLLCALL_PORT_TAKEN',
      `port ${port} on ${host} is taken; choose another port, or stop the program that listens there`,
      { cause },
    );
  }
  return new RollcallError(
    'ROLLCALL_LISTEN',
    `cannot listen at ${host} port ${port} (${cause.code ?? cause.message}); check the host and the port`,
    { cause },
  );
}

async function close(server: Server, webSockets: WebSockets): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS);
  await Promise.all([closed, webSockets.close()]);
  clearTimeout(timer);
}
