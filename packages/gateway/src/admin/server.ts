import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { listen } from '@rollcall/runtime';

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
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  const listening = await listen(server, host, port, '--admin-port');
  return {
    ...listening,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
