import { isIP } from 'node:net';
import PusherModule from 'pusher-js';

/** The part of pusher-js's runtime that opens WebSockets, by the library that is bundled with it. */
interface Runtime {
  getWebSocketAPI(): new (url: string, protocols: string[], options: object) => unknown;
  createWebSocket(url: string): unknown;
}

/**
 * Has pusher-js send no server name (SNI) to a broker that is configured by its IP address: RFC 6066 allows host
 * names only, and Node warns (DEP0123). The bundled library sets the name itself, so the option ignores that.
 */
export function omitAddressesFromSni(): void {
  const { Runtime: runtime } = PusherModule as unknown as { readonly Runtime: Runtime };
  const WebSocket = runtime.getWebSocketAPI();
  runtime.createWebSocket = (url) => {
    const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
    return new WebSocket(url, [], isIP(host) === 0 ? {} : { tls: withoutServerName() });
  };
}

function withoutServerName(): object {
  return Object.defineProperty({}, 'servername', {
    get: () => '',
    set: () => {},
    enumerable: true,
  });
}
