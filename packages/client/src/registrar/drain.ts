import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import { Socket } from 'node:net';
import { isRecord } from '@rollcall/protocol';

/**
 * For how many milliseconds after its exit was accepted an instance may still receive requests: the exit has to
 * travel from the broker to each observer. A gateway on another continent receives it within 200 ms; the rest
 * is margin.
 */
export const LEAVE_WINDOW_MS = 500;

/** A client that still sends requests by then does not know the instance from the registry. */
const MAX_WINDOW_MS = 2000;
const DEADLINE_MS = 6000;
const SWEEP_EVERY_MS = 50;

/**
 * Closes an HTTP server that has left the registry, without failing a request. It continues to serve until no
 * request has come for {@link LEAVE_WINDOW_MS}, for 2 s at most, then stops accepting connections and lets the
 * requests in flight finish. Since `leave()` has waited as long already, that is mostly at once. After 6 s the
 * remaining connections are cut: with the 3 s that leaving may take, that is less than the 10 s after which
 * process managers often kill.
 *
 * @example
 * await register({ prefix: '/v1', port, onSignal: () => drain(server) });
 */
export async function drain(server: Server | SecureServer): Promise<void> {
  const closed = once(server, 'close');
  let sweeps: NodeJS.Timeout | undefined;

  function close(): void {
    if (sweeps !== undefined) return;
    server.close();
    // close() closes connections that are idle now, but not connections that become idle later or never sent anything.
    sweeps = setInterval(() => closeUnused(server), SWEEP_EVERY_MS);
  }
  const wasQuietFor = performance.now() - (lastRequests.get(server) ?? -Infinity);
  // It is negative, or infinite, for a server that has long been quiet: newer versions of Node warn of that.
  let quiet = setTimeout(close, Math.max(0, LEAVE_WINDOW_MS - wasQuietFor));
  const timers = [
    setTimeout(close, MAX_WINDOW_MS),
    setTimeout(() => {
      close();
      server.closeAllConnections();
      // The server does not know connections that were upgraded, such as to WebSockets.
      for (const socket of connections.get(server) ?? []) socket.destroy();
    }, DEADLINE_MS),
  ];
  function onRequest(_request: unknown, response: ServerResponse): void {
    clearTimeout(quiet);
    quiet = setTimeout(close, LEAVE_WINDOW_MS);
    // The client then closes the connection itself. Cutting it could cut the client's next request.
    if (!response.headersSent) response.setHeader('Connection', 'close');
  }
  server.prependListener('request', onRequest);
  await closed;
  server.off('request', onRequest);
  clearInterval(sweeps);
  for (const timer of [quiet, ...timers]) clearTimeout(timer);
}

function closeUnused(server: Server | SecureServer): void {
  server.closeIdleConnections();
  // Node counts a connection that has never sent anything as active. Browsers open such connections in advance.
  for (const socket of connections.get(server) ?? []) if (socket.bytesRead === 0) socket.destroy();
}

const connections = new WeakMap<object, Set<Socket>>();
/** When each server last received a request. */
const lastRequests = new WeakMap<object, number>();
let isWatching = false;

/** Remembers each server's connections and latest request from now on, because a server does not report them. */
export function watchServers(): void {
  if (isWatching) return;
  isWatching = true;
  subscribe('http.server.request.start', (message) => {
    const server = isRecord(message) ? message['server'] : undefined;
    if (typeof server === 'object' && server !== null) lastRequests.set(server, performance.now());
  });
  subscribe('net.server.socket', (message) => {
    const socket = isRecord(message) ? message['socket'] : undefined;
    if (!(socket instanceof Socket) || !('server' in socket)) return;
    const { server } = socket;
    if (typeof server === 'object' && server !== null) remember(server, socket);
  });
}

function remember(server: object, socket: Socket): void {
  const sockets = connections.get(server) ?? new Set();
  connections.set(server, sockets.add(socket));
  socket.once('close', () => sockets.delete(socket));
}
