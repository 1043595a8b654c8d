import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { listen, onePerTurn } from '@rollcall/runtime';
import { limitSideConnections } from '../side-connections.ts';

const MAX_CONNECTIONS = 1024;

export interface Admin {
  readonly host: string;
  readonly port: number;
  close(): void;
}

/**
 * Serves the admin API on a port of its own.
 * @throws RollcallError ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN
 */
export async function serveAdmin(app: Hono, host: string, port: number): Promise<Admin> {
  // Keeps Node's own Request and Response as globals of the process.
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  // A connection without a request must not keep operators out.
  const options = { headersTimeout: 10_000, connectionsCheckingInterval: 2000 };
  const server = createServer(options, onePerTurn(listener));
  limitSideConnections(server, MAX_CONNECTIONS);
  const listening = await listen(server, host, port, '--admin-port');
  return {
    ...listening,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
