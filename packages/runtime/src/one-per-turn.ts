import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { UnreadBudget } from './unread-budget.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Few clients send requests ahead, so that these are patience enough. */
const MAX_UNANSWERED = 16;

/** A request that waits for its turn. */
type Start = () => void;

/**
 * Returns a listener that serves one request in each turn of the event loop, which other work shares: a client that sends
 * thousands at once would hold all up. Of one connection, the next is served when the client has been sent the response to
 * the one before, and a connection with too many requests that wait is closed. What all clients together leave unread of
 * their responses is bounded: the connections that leave the most are closed.
 */
export function onePerTurn(
  listener: Listener,
  unread: UnreadBudget = new UnreadBudget(),
): Listener {
  const due: Start[] = [];
  const connections = new WeakMap<Socket, Start[]>();
  function next(): void {
    due.shift()?.();
    if (due.length > 0) setImmediate(next);
  }
  function serveSoon(start: Start): void {
    if (due.push(start) === 1) setImmediate(next);
  }
  return (request, response) => {
    const { socket } = request;
    const unanswered = connections.get(socket) ?? [];
    connections.set(socket, unanswered);
    if (unanswered.length === MAX_UNANSWERED) {
      socket.destroy();
      return;
    }
    const writer = {
      get unsentBytes() {
        return response.writableLength;
      },
      disconnect: () => socket.destroy(),
    };
    response.once('prefinish', () => unread.count(writer, response.writableLength));
    response.once('close', () => {
      unread.count(writer, 0);
      unanswered.shift();
      const [following] = unanswered;
      if (following !== undefined) serveSoon(following);
    });
    const start = (): void => {
      if (!socket.destroyed) listener(request, response);
    };
    if (unanswered.push(start) === 1) serveSoon(start);
  };
}
