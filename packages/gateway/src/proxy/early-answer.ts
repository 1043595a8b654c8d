import type { IncomingMessage, ServerResponse } from 'node:http';

/** What nginx gives a client that goes on sending without a pause (lingering_timeout). */
const LINGER_MS = 5000;

/**
 * To be called before the head of an answer is written. If the request is not whole by then, its
 * connection ends with the answer: nobody will read the rest, which would stand in the way of the next
 * request.
 *
 * Closing at once would have the client's bytes answered with a reset, which takes away the answer that
 * it has not read yet. So our side is closed, and the rest is read and dropped for a while (RFC 9112 §9.6).
 */
export function mayBeEarly(request: IncomingMessage, response: ServerResponse): void {
  if (!hasBody(request) || request.complete) return;
  response.shouldKeepAlive = false;
  const { socket } = request;
  const closeAtOnce = socket.destroySoon.bind(socket);
  // This is what node:http closes a connection with, once the last answer on it is flushed.
  socket.destroySoon = () => {
    if (request.complete) {
      closeAtOnce();
      return;
    }
    socket.end();
    request.unpipe();
    request.resume();
    const cut = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(cut));
  };
}

/** RFC 9112 §6.3: a request without either field has no body, whatever its method. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
