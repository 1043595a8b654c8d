import PusherModule from 'pusher-js';
import type { Options } from 'pusher-js';
import { acceptsConnections } from './accepts-connections.ts';
import { urlHost } from './connection.ts';
import type { Connection } from './connection.ts';
import { isRecord } from '@rollcall/protocol';
import { oneLine } from './one-line.ts';
import { keepConnected } from './reconnect.ts';

// pusher-js is CommonJS whose `module.exports` is the constructor; its typings say `exports.default`.
const PusherClient = PusherModule as unknown as typeof PusherModule.default;
type PusherClient = InstanceType<typeof PusherClient>;

/** pusher-js takes the lower of its own and the server's figure; hosted Pusher does not count pings as messages. */
const ACTIVITY_TIMEOUT_MS = 10_000;
const PONG_TIMEOUT_MS = 5000;
const PROBE_TIMEOUT_MS = 5000;

export interface SubscriberHandlers {
  /** The channel is subscribed: now, and again after each reconnect. What was sent in between is lost. */
  readonly onSubscribed: () => void;
  readonly onDisconnected: () => void;
  /** The server said why it will not serve us, such as an unknown app key. Connecting goes on being tried. */
  readonly onRefused: (reason: string) => void;
  readonly onEvent: (event: string, data: unknown) => void;
}

/** Listens to one channel by WebSocket and keeps at it until closed. */
export function subscribe(
  connection: Connection,
  channelName: string,
  handlers: SubscriberHandlers,
): { close: () => void } {
  const pusher = new PusherClient(connection.key, clientOptions(connection));
  const watchdog = keepConnected(pusher.connection, () =>
    acceptsConnections(endpointOf(connection), PROBE_TIMEOUT_MS),
  );

  pusher.connection.bind('state_change', (change: { previous: string }) => {
    if (change.previous === 'connected') handlers.onDisconnected();
  });
  pusher.connection.bind('error', (error: unknown) => {
    const reason = refusalReason(error);
    if (reason !== undefined) handlers.onRefused(reason);
  });
  const channel = pusher.subscribe(channelName);
  channel.bind('pusher:subscription_succeeded', handlers.onSubscribed);
  channel.bind('pusher:subscription_error', (error: unknown) => {
    handlers.onRefused(`no subscription to ${channelName}: ${JSON.stringify(error)}`);
    // After this error neither subscribe() nor unsubscribe() and subscribe() recovers; a new connection does.
    watchdog.reconnectSoon();
  });
  channel.bind_global((event: string, data: unknown) => {
    // A subscriber may send client- events: whoever has the key could forge with them.
    if (!event.startsWith('pusher') && !event.startsWith('client-')) handlers.onEvent(event, data);
  });

  function close(): void {
    watchdog.stop();
    channel.unbind_all();
    pusher.connection.unbind_all();
    pusher.disconnect();
    // pusher-js keeps every client that was ever made.
    const { instances } = PusherClient;
    instances.splice(instances.indexOf(pusher), 1);
  }
  return { close };
}

function clientOptions({ server, tls }: Connection): Options {
  const common: Options = {
    cluster: '',
    forceTLS: tls,
    // Otherwise it falls back to wss and to a hosted sockjs address.
    enabledTransports: ['ws'],
    enableStats: false,
    activityTimeout: ACTIVITY_TIMEOUT_MS,
    pongTimeout: PONG_TIMEOUT_MS,
  };
  if ('cluster' in server) return { ...common, cluster: server.cluster };
  return { ...common, wsHost: urlHost(server.host), wsPort: server.port, wssPort: server.port };
}

function endpointOf({ server, tls }: Connection): { host: string; port: number } {
  if ('host' in server) return server;
  return { host: `ws-${server.cluster}.pusher.com`, port: tls ? 443 : 80 };
}

/**
 * What a `pusher:error` says that means no: 40xx and from 4300 up, by Pusher's own division of the
 * codes. Before the handshake it comes wrapped once more. Anything else, a lost connection or a
 * server that asks to come back later, is tried again and is nobody's mistake.
 */
function refusalReason(event: unknown): string | undefined {
  const error = isRecord(event) && isRecord(event['error']) ? event['error'] : event;
  const data = isRecord(error) && isRecord(error['data']) ? error['data'] : {};
  const { code, message } = data;
  if (typeof code !== 'number' || code < 4000 || (code >= 4100 && code < 4300)) return undefined;
  return typeof message === 'string' ? `${code} ${oneLine(message)}` : String(code);
}
