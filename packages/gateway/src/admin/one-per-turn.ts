import type { IncomingMessage, ServerResponse } from 'node:http';

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** No client of the admin API sends requests ahead, so that a few are patience enough. */
const MAX_UNANSWERED = 16;

/**
 * Returns a listener that serves one request in each turn of the event loop, which the requests of the gateway share: a
 * client that sends thousands at once would hold them all up. A connection with too many requests that are not answered
 * is closed.
 */
export function onePerTurn(listener: Listener): Listener {
  const waiting: (() => void)[] = [];
  const unanswered = new WeakMap<object, number>();
  function next(): void {
    waiting.shift()?.();
    if (waiting.length > 0) setImmediate(next);
  }
  return (request, response) => {
    const { socket } = request;
    const count = (unanswered.get(socket) ?? 0) + 1;
    unanswered.set(socket, count);
    if (count > MAX_UNANSWERED) {
      socket.destroy();
      return;
    }
    response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    waiting.push(() => {
      if (!socket.destroyed) listener(request, response);
    });
    if (waiting.length === 1) setImmediate(next);
  };
}
