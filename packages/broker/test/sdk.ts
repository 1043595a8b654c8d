import { randomUUID } from 'node:crypto';
import Pusher from 'pusher';
import PusherJs from 'pusher-js';
import type { Channel, Options } from 'pusher-js';
import type { Broker } from '@rollcall/broker';

/** Each file has a secret of its own: what another has left behind cannot enter its registry. */
export const APP = { appId: '7', key: 'test-key', secret: randomUUID() as string } as const;

/** Key of encrypted channels: 32 bytes in base64, which the broker never sees. */
export const MASTER_KEY = Buffer.alloc(32, 'k').toString('base64');

/** The part of pusher-js that the tests use. Its own types declare a module where ESM imports the class. */
export interface Client {
  readonly connection: {
    readonly socket_id: string;
    readonly state: string;
    bind(event: string, callback: (data: never) => void): void;
  };
  readonly user: {
    bind(event: string, callback: (data: never) => void): void;
    readonly watchlist: { bind(event: string, callback: (data: never) => void): void };
  };
  signin(): void;
  subscribe(channel: string): Channel;
  unsubscribe(channel: string): void;
  disconnect(): void;
}

const ClientClass = PusherJs as unknown as new (key: string, options: Options) => Client;

export interface Identity {
  /** In presence channels and at sign-in. */
  readonly userId?: string;
  readonly watchlist?: readonly string[];
  /** Joins presence channels as the signed-in user, without channel_data. */
  readonly bySignIn?: boolean;
  readonly key?: string;
  readonly secret?: string;
}

/** Address of a broker, ours or another. */
export type ServerAddress = Pick<Broker, 'host' | 'port'>;

/** The official server SDK, pointed at a broker. */
export function server({ host, port }: ServerAddress, wrong: { secret?: string } = {}): Pusher {
  return new Pusher({
    ...APP,
    ...(wrong.secret !== undefined && { secret: wrong.secret }),
    host,
    port: String(port),
    useTLS: false,
    encryptionMasterKeyBase64: MASTER_KEY,
  });
}

/** The official client SDK, pointed at a broker. */
export function client(place: ServerAddress, identity: Identity = {}): Client {
  return new ClientClass(identity.key ?? APP.key, clientOptions(place, identity));
}

function clientOptions(place: ServerAddress, identity: Identity = {}): Options {
  const { userId = 'unnamed', watchlist = [], bySignIn = false } = identity;
  const authoriser = server(place, identity);
  const info = { name: `I am ${userId}` };
  return {
    cluster: '',
    wsHost: place.host,
    wsPort: place.port,
    forceTLS: false,
    enabledTransports: ['ws'],
    channelAuthorization: {
      transport: 'ajax',
      endpoint: '',
      customHandler: ({ socketId, channelName }, callback) => {
        const saysWho = channelName.startsWith('presence-') && !bySignIn;
        const member = saysWho ? { user_id: userId, user_info: info } : undefined;
        callback(null, authoriser.authorizeChannel(socketId, channelName, member));
      },
    },
    userAuthentication: {
      transport: 'ajax',
      endpoint: '',
      customHandler: ({ socketId }, callback) => {
        const user = { id: userId, user_info: info, watchlist: [...watchlist] };
        callback(null, authoriser.authenticateUser(socketId, user));
      },
    },
  };
}

interface Bindable {
  bind(event: string, callback: (data: never) => void): unknown;
  unbind?(event: string, callback: (data: never) => void): unknown;
}

/** Resolves to the data of the next event of this name. */
export function next<T>(source: Bindable, event: string): Promise<T> {
  return new Promise((resolve) => {
    const take = (data: T): void => {
      source.unbind?.(event, take);
      resolve(data);
    };
    source.bind(event, take);
  });
}

export async function subscribed(client: Client, name: string): Promise<Channel> {
  const channel = client.subscribe(name);
  await next(channel, 'pusher:subscription_succeeded');
  return channel;
}
