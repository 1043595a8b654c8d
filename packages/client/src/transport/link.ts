import { setTimeout as delay } from 'node:timers/promises';
import PusherModule from 'pusher-js';
import type { Channel, Options } from 'pusher-js';
import type { ChannelAuthorizationHandler } from 'pusher-js';
import { isOwnShortage, isRecord, urlHost } from '@rollcall/protocol';
import { isEncryptedChannel } from '@rollcall/protocol/pusher';
import type { Member } from '@rollcall/protocol/pusher';
import { connectionFailure } from '@rollcall/runtime';
import { dropMalformed } from './malformed-messages.ts';
import { authorizerOf } from './access-of.ts';
import type { Authorization } from './owner-access.ts';
import type { BrokerAddress } from './broker-config.ts';
import { endpointOf } from './reach.ts';
import type { OwnerConnection, RegistryChannels } from './registry-config.ts';
import { oneLine } from './one-line.ts';
import { openEvent } from './presence.ts';
import type { Identity } from './owner-access.ts';
import { keepConnected } from './reconnect.ts';
import { isSealed } from './seal.ts';
import { adaptWebSockets } from './web-socket.ts';

// pusher-js is CommonJS whose `module.exports` is the constructor; its typings say `exports.default`.
const PusherClient = PusherModule as unknown as typeof PusherModule.default;
type PusherClient = InstanceType<typeof PusherClient>;
adaptWebSockets();

/** pusher-js uses the lower of this and the server's figure. Hosted Pusher does not count pings as messages. */
const ACTIVITY_TIMEOUT_MS = 10_000;
const PONG_TIMEOUT_MS = 5000;
const PROBE_TIMEOUT_MS = 5000;

/** The waits after authorizations that failed double from the first to the last. */
const MIN_AUTHORIZE_MS = 1000;
const MAX_AUTHORIZE_MS = 30_000;
/** How often pusher-js may ask for another key of a channel because it cannot decrypt an event. */
const REKEY_EVERY_MS = 30_000;

/** What a link reports about its connection. */
export interface LinkHandlers {
  readonly onConnected?: () => void;
  readonly onDisconnected?: () => void;
  /** The server refuses the connection, for a reason such as an unknown app key. The link continues to retry. */
  readonly onRefused?: (reason: string) => void;
  /** This machine cannot open a connection, with an error code such as EMFILE. The link continues to retry. */
  readonly onShortage?: (code: string) => void;
}

/** What a link reports about a channel. */
export interface ChannelHandlers {
  /**
   * The channel is subscribed, now and again after each reconnect. Events in between are lost. `members` are
   * those of a presence channel.
   */
  readonly onSubscribed?: (members: readonly Member[]) => void;
  /**
   * The server refuses the subscription. Default: the link reconnects, since nothing less recovers, and
   * `onRefused` is called.
   */
  readonly onFailed?: (reason: string) => void;
  /** The auth server does not authorize the subscription. The link asks again. */
  readonly onUnauthorized?: (error: Error) => void;
  /** `data` is undefined if it is not sealed as it has to be in an encrypted registry. */
  readonly onEvent?: (event: string, data: unknown) => void;
  readonly onJoined?: (member: Member) => void;
  readonly onParted?: (userId: string) => void;
  /** Returns this program's identity in a presence channel. It is called at each subscription. */
  readonly identify?: () => Identity;
}

/** A WebSocket connection to the server, which reconnects until it is closed. */
export interface Link {
  /** The server's id for this connection. Undefined while there is none. */
  readonly socketId: string | undefined;
  /** Subscribes to a channel, at most once at a time. The subscription is renewed after each reconnect. */
  subscribe(channel: string, handlers: ChannelHandlers): void;
  unsubscribe(channel: string): void;
  close(): void;
}

/** Opens a link to the server of a registry. */
export function openLink(registry: OwnerConnection, handlers: LinkHandlers): Link {
  const handlersByChannel = new Map<string, ChannelHandlers>();
  const authorize = authorizerOf(registry);
  const closing = new AbortController();
  const pusher = new PusherClient(registry.key, clientOptions(registry, authorizeSoon));
  dropMalformed(pusher.connection);
  const watchdog = keepConnected(pusher.connection, isListening);

  pusher.connection.bind('state_change', (change: { previous: string; current: string }) => {
    if (change.current === 'connected') handlers.onConnected?.();
    if (change.previous === 'connected') handlers.onDisconnected?.();
  });
  pusher.connection.bind('error', (error: unknown) => {
    const reason = refusalReason(error);
    if (reason !== undefined) handlers.onRefused?.(reason);
  });

  async function isListening(): Promise<boolean> {
    const failure = await connectionFailure(endpointOf(registry), PROBE_TIMEOUT_MS);
    if (failure !== undefined && isOwnShortage(failure)) handlers.onShortage?.(failure);
    return failure === undefined;
  }

  /**
   * Asks for an authorization until there is one, the channel is left, or the connection for which it was asked is lost: pusher-js
   * then asks for the next. Calling back with an error would have it lose the connection.
   */
  async function authorizeSoon(
    { socketId, channelName }: AuthorizationParams,
    authorized: (authorization: Authorization) => void,
  ): Promise<void> {
    const channelHandlers = handlersByChannel.get(channelName);
    const isCurrent = (): boolean =>
      !closing.signal.aborted &&
      pusher.connection.socket_id === socketId &&
      channelHandlers !== undefined &&
      handlersByChannel.get(channelName) === channelHandlers;
    for (let wait = MIN_AUTHORIZE_MS; isCurrent(); wait = Math.min(wait * 2, MAX_AUTHORIZE_MS)) {
      try {
        const identity = channelHandlers?.identify?.();
        const authorization = await authorize({ socketId, channelName, identity });
        if (isCurrent()) authorized(authorization);
        return;
      } catch (error) {
        if (isCurrent()) channelHandlers?.onUnauthorized?.(asError(error));
      }
      const { signal } = closing;
      await delay(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
    }
  }

  function subscribe(name: string, channelHandlers: ChannelHandlers): void {
    handlersByChannel.set(name, channelHandlers);
    const channel = pusher.subscribe(name);
    bind(channel, registry, channelHandlers);
    if (isEncryptedChannel(name)) guard(channel, channelHandlers);
    channel.bind('pusher:subscription_error', (error: unknown) => {
      const reason = `cannot subscribe to ${name}: ${oneLine(JSON.stringify(error))}`;
      if (channelHandlers.onFailed !== undefined) {
        channelHandlers.onFailed(reason);
        return;
      }
      handlers.onRefused?.(reason);
      // After this error neither subscribe() nor unsubscribe() with subscribe() recovers. A new connection does.
      watchdog.reconnectSoon();
    });
  }

  function unsubscribe(name: string): void {
    handlersByChannel.delete(name);
    pusher.channel(name)?.unbind_all();
    pusher.unsubscribe(name);
  }

  function close(): void {
    closing.abort();
    watchdog.stop();
    for (const channel of pusher.allChannels()) channel.unbind_all();
    pusher.connection.unbind_all();
    pusher.disconnect();
    // pusher-js keeps every client that was ever created.
    const { instances } = PusherClient;
    instances.splice(instances.indexOf(pusher), 1);
  }
  return {
    get socketId() {
      // pusher-js keeps the id of a connection that is lost.
      const { state, socket_id: socketId } = pusher.connection;
      return state === 'connected' ? socketId : undefined;
    },
    subscribe,
    unsubscribe,
    close,
  };
}

function bind(channel: Channel, registry: RegistryChannels, handlers: ChannelHandlers): void {
  const { onSubscribed, onEvent, onJoined, onParted } = handlers;
  channel.bind('pusher:subscription_succeeded', (data: unknown) => onSubscribed?.(membersOf(data)));
  channel.bind('pusher:member_added', (member: unknown) => onJoined?.(memberOf(member)));
  channel.bind('pusher:member_removed', (member: unknown) => onParted?.(memberOf(member).userId));
  channel.bind_global((event: string, data: unknown) => {
    if (!isPublished(event)) return;
    onEvent?.(event, openEvent(registry, { event, channel: channel.name }, data));
  });
}

/** Whether an event was published by HTTP. Any subscriber can send `client-` events, and so could forge with them. */
function isPublished(event: string): boolean {
  return !event.startsWith('pusher') && !event.startsWith('client-');
}

/**
 * Keeps events that are not sealed away from pusher-js's encrypted channels. pusher-js throws on them where it
 * cannot be caught, so that a program with the app's secret could end every observer with one event. And for each event that it
 * cannot decrypt, pusher-js asks for the key of the channel anew, by which that program could have every service flood the auth
 * server.
 */
function guard(channel: Channel, { onEvent }: ChannelHandlers): void {
  const handle = channel.handleEvent.bind(channel);
  const authorize = channel.authorize.bind(channel);
  let isHandling = false;
  let rekeyedAt = -Infinity;
  channel.authorize = (socketId, callback) => {
    const now = performance.now();
    if (isHandling && now - rekeyedAt < REKEY_EVERY_MS) return;
    if (isHandling) rekeyedAt = now;
    authorize(socketId, callback);
  };
  channel.handleEvent = (message) => {
    if (isPublished(message.event) && !isSealed(message.data)) {
      onEvent?.(message.event, undefined);
      return;
    }
    isHandling = true;
    try {
      handle(message);
    } finally {
      isHandling = false;
    }
  };
}

/** The members in pusher-js's presence snapshot, whose `members` is an object of user_info by user_id. */
function membersOf(data: unknown): Member[] {
  const members = isRecord(data) ? data['members'] : undefined;
  if (!isRecord(members)) return [];
  return Object.entries(members).map(([userId, userInfo]) => ({ userId, userInfo }));
}

function memberOf(member: unknown): Member {
  const { id, info } = isRecord(member) ? member : {};
  return { userId: String(id), userInfo: info };
}

interface AuthorizationParams {
  readonly socketId: string;
  readonly channelName: string;
}

function clientOptions(
  { server, tls }: BrokerAddress,
  authorize: (
    params: AuthorizationParams,
    authorized: (authorization: Authorization) => void,
  ) => Promise<void>,
): Options {
  const customHandler: ChannelAuthorizationHandler = (params, callback) => {
    void authorize(params, (authorization) => callback(null, authorization));
  };
  const common: Options = {
    cluster: '',
    forceTLS: tls,
    // By default it falls back to wss and to a hosted sockjs address.
    enabledTransports: ['ws'],
    enableStats: false,
    activityTimeout: ACTIVITY_TIMEOUT_MS,
    pongTimeout: PONG_TIMEOUT_MS,
    channelAuthorization: { transport: 'ajax', endpoint: '', customHandler },
  };
  if ('cluster' in server) return { ...common, cluster: server.cluster };
  return { ...common, wsHost: urlHost(server.host), wsPort: server.port, wssPort: server.port };
}

/**
 * The reason in a `pusher:error` by which the server refuses the connection for good: by Pusher's ranges of
 * codes, 40xx and from 4300 up. Before the handshake the error is wrapped once more. Any other error, such as a
 * lost connection or a server that is over capacity, is retried and needs no attention.
 */
function refusalReason(event: unknown): string | undefined {
  const error = isRecord(event) && isRecord(event['error']) ? event['error'] : event;
  const data = isRecord(error) && isRecord(error['data']) ? error['data'] : {};
  const { code, message } = data;
  if (typeof code !== 'number' || code < 4000 || (code >= 4100 && code < 4300)) return undefined;
  return typeof message === 'string' ? `${code} ${oneLine(message)}` : String(code);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
