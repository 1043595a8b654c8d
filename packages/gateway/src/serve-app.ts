import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createSecureServer, Server as SecureServer } from 'node:https';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { listen, onePerTurn } from '@rollcall/runtime';
import type { BoundAddress, Certificate } from '@rollcall/runtime';
import { limitSideConnections } from './side-connections.ts';

const MAX_CONNECTIONS = 1024;
const MAX_HEAD_MS = 10_000;
const MAX_REQUEST_MS = 15_000;

export interface ServeAppOptions {
  readonly app: Hono;
  readonly host: string;
  readonly port: number;
  /** That chooses the port, for errors. */
  readonly setting: string;
  /** With it, TLS is spoken. */
  readonly certificate?: Certificate | undefined;
  /** How long a client may take to send a request. Default: 15 s. */
  readonly maxRequestMs?: number;
}

export interface ServedApp extends BoundAddress {
  /** Uses it for new connections. */
  useCertificate(certificate: Certificate | undefined): void;
  close(): void;
}

/**
 * Serves an API beside the data plane, on a port of its own.
 * @throws RollcallError ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN
 */
export async function serveApp(options: ServeAppOptions): Promise<ServedApp> {
  const { app, host, port, setting, certificate, maxRequestMs = MAX_REQUEST_MS } = options;
  // Keeps Node's own Request and Response as globals of the process.
  const listener = onePerTurn(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  // A connection without a whole request must not keep others out.
  const maxHeadMs = Math.min(MAX_HEAD_MS, maxRequestMs);
  const limits = {
    handshakeTimeout: maxHeadMs,
    headersTimeout: maxHeadMs,
    requestTimeout: maxRequestMs,
    connectionsCheckingInterval: Math.min(2000, maxRequestMs),
  };
  const server: Server | SecureServer =
    certificate === undefined
      ? createServer(limits, listener)
      : createSecureServer({ ...limits, ...certificate, minVersion: 'TLSv1.2' }, listener);
  limitSideConnections(server, MAX_CONNECTIONS);
  const listening = await listen(server, host, port, setting);
  return {
    ...listening,
    useCertificate(next) {
      if (server instanceof SecureServer && next !== undefined) server.setSecureContext(next);
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
