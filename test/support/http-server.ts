import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of HTTP in the process of the test. */
export interface HttpServer {
  readonly server: Server;
  readonly port: number;
  readonly url: string;
  /** Stops it, and closes its connections. */
  close(): void;
}

/** Starts a server on a port of loopback that the system chooses. */
export async function httpServer(respond: RequestListener): Promise<HttpServer> {
  const server = createServer(respond);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    server,
    port,
    url: `http://127.0.0.1:${port}`,
    close: () => server.close().closeAllConnections(),
  };
}
