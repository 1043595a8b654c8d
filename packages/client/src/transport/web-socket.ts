import { isIP } from 'node:net';
import PusherModule from 'pusher-js';
import { isTooDeep } from './malformed-messages.ts';

/** The part of pusher-js's runtime that opens WebSockets, by the library that is bundled with it. */
interface Runtime {
  getWebSocketAPI(): new (url: string, protocols: string[], options: object) => Socket;
  createWebSocket(url: string): unknown;
}

/** A WebSocket of that library. */
interface Socket {
  dispatchEvent(event: { readonly type: string; readonly data?: unknown }): void;
}

/**
 * Has pusher-js send no server name (SNI) to a broker that is configured by its IP address: RFC 6066 allows host
 * names only, and Node warns (DEP0123). The bundled library sets the name itself, so the option ignores that. And keeps frames away
 * from it on which it fails.
 */
export function adaptWebSockets(): void {
  const { Runtime: runtime } = PusherModule as unknown as { readonly Runtime: Runtime };
  const WebSocket = runtime.getWebSocketAPI();
  runtime.createWebSocket = (url) => {
    const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
    const options = isIP(host) === 0 ? {} : { tls: withoutServerName() };
    return withoutDeepFrames(new WebSocket(url, [], options));
  };
}

function withoutDeepFrames(socket: Socket): Socket {
  const dispatch = socket.dispatchEvent.bind(socket);
  socket.dispatchEvent = (event) => {
    if (typeof event.data !== 'string' || !isTooDeep(event.data)) dispatch(event);
  };
  return socket;
}

function withoutServerName(): object {
  return Object.defineProperty({}, 'servername', {
    get: () => '',
    set: () => {},
    enumerable: true,
  });
}
