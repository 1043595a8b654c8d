import { once } from 'node:events';
import type { Server } from 'node:http';

/**
 * How long after its exit was accepted an instance may still be sent requests, in milliseconds: the
 * exit has to travel from the broker to each observer. A gateway on a far continent hears it within
 * 200 ms; the rest is margin.
 */
export const LEAVE_WINDOW_MS = 500;

const DEADLINE_MS = 8000;

/**
 * Closes an HTTP server that has left the registry, without failing a request: goes on serving until
 * none has come for {@link LEAVE_WINDOW_MS}, then stops accepting and lets what is in flight finish.
 * After 8 s it cuts what is left, since process managers often kill after 10.
 */
export async function drain(server: Server): Promise<void> {
  const deadline = setTimeout(() => {
    server.close();
    server.closeAllConnections();
  }, DEADLINE_MS);
  const closed = once(server, 'close');
  const quiet = setTimeout(() => server.close(), LEAVE_WINDOW_MS);
  const onRequest = (): void => void quiet.refresh();
  server.on('request', onRequest);
  await closed;
  server.off('request', onRequest);
  clearTimeout(quiet);
  clearTimeout(deadline);
}
