import type { Duplex } from 'node:stream';

/** A client that does not answer a close or an end within this time is disconnected. */
export const END_TIMEOUT_MS = 1_000;

/** Answers a connection for the last time, and ends it. Whether the client reads the answer, or ends, makes no difference. */
export function endConnection(socket: Duplex, response: string): void {
  const timer = setTimeout(() => socket.destroy(), END_TIMEOUT_MS);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => clearTimeout(timer));
  // Its end is behind what it still sends.
  socket.resume();
  socket.end(response);
}
