import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { isRecord } from '@rollcall/protocol';

/**
 * How long after its exit was accepted an instance may still be sent requests, in milliseconds: the
 * exit has to travel from the broker to each observer. A gateway on a far continent hears it within
 * 200 ms; the rest is margin.
 */
export const LEAVE_WINDOW_MS = 500;

/** Who still sends requests by then has not learned of the instance from the registry. */
const LONGEST_WINDOW_MS = 2000;
const DEADLINE_MS = 6000;
const SWEEP_EVERY_MS = 50;

/**
 * Closes an HTTP server that has left the registry, without failing a request: goes on serving until
 * none has come for {@link LEAVE_WINDOW_MS}, 2 s at most, then stops accepting and lets what is in
 * flight finish. Since `leave()` has waited as long already, that is mostly at once. After 6 s it cuts
 * what is left: with the 3 s that leaving may take that is less than the 10 after which process
 * managers often kill.
 */
export async function drain(server: Server): Promise<void> {
  const closed = once(server, 'close');
  let sweeps: NodeJS.Timeout | undefined;

  function close(): void {
    if (sweeps !== undefined) return;
    server.close();
    // close() closes what is idle now, and neither what becomes so later nor what never sent anything.
    sweeps = setInterval(() => closeUnused(server), SWEEP_EVERY_MS);
  }
  const wasQuietFor = performance.now() - (lastRequests.get(server) ?? -Infinity);
  let quiet = setTimeout(close, LEAVE_WINDOW_MS - wasQuietFor);
  const timers = [
    setTimeout(close, LONGEST_WINDOW_MS),
    setTimeout(() => {
      close();
      server.closeAllConnections();
      // Of one that was upgraded, such as to a WebSocket, the server knows nothing any more.
      for (const socket of connections.get(server) ?? []) socket.destroy();
    }, DEADLINE_MS),
  ];
  function onRequest(_request: unknown, response: ServerResponse): void {
    clearTimeout(quiet);
    quiet = setTimeout(close, LEAVE_WINDOW_MS);
    // So that a client lets go of its connection by itself: cutting it could cut its next request.
    if (!response.headersSent) response.setHeader('Connection', 'close');
  }
  server.prependListener('request', onRequest);
  await closed;
  server.off('request', onRequest);
  clearInterval(sweeps);
  for (const timer of [quiet, ...timers]) clearTimeout(timer);
}

function closeUnused(server: Server): void {
  server.closeIdleConnections();
  // One that has never sent anything, as browsers open them in advance, counts as active in Node.
  for (const socket of connections.get(server) ?? []) if (socket.bytesRead === 0) socket.destroy();
}

const connections = new WeakMap<object, Set<Socket>>();
/** When each server was last sent a request. */
const lastRequests = new WeakMap<object, number>();
let isWatching = false;

/** Remembers each server's connections and latest request from now on: a server itself does not tell. */
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
