import Pusher from 'pusher';
import PusherJs from 'pusher-js';
import type { Channel, Options } from 'pusher-js';
import type { Broker } from '@rollcall/broker';

export const APP = { appId: '7', key: 'test-key', secret: 'test-secret' } as const;

/** What the tests use of pusher-js. Its own typings give ESM the module for the class. */
export interface Client {
  readonly connection: {
    readonly socket_id: string;
    readonly state: string;
    bind(event: string, callback: (data: never) => void): void;
  };
  subscribe(channel: string): Channel;
  unsubscribe(channel: string): void;
  disconnect(): void;
}

const ClientClass = PusherJs as unknown as new (key: string, options: Options) => Client;

/** The official server SDK, pointed at a broker. */
export function server(broker: Broker, wrong: { secret?: string } = {}): Pusher {
  return new Pusher({
    ...APP,
    ...wrong,
    host: broker.host,
    port: String(broker.port),
    useTLS: false,
  });
}

/** The official client SDK, pointed at a broker. In presence channels it is `userId`. */
export function client(
  broker: Broker,
  userId = 'nobody',
  key: string = APP.key,
  wrong: { secret?: string } = {},
): Client {
  const authoriser = server(broker, wrong);
  return new ClientClass(key, {
    cluster: '',
    wsHost: broker.host,
    wsPort: broker.port,
    forceTLS: false,
    enabledTransports: ['ws'],
    channelAuthorization: {
      transport: 'ajax',
      endpoint: '',
      customHandler: ({ socketId, channelName }, callback) => {
        const member = { user_id: userId, user_info: { name: `I am ${userId}` } };
        callback(null, authoriser.authorizeChannel(socketId, channelName, member));
      },
    },
  });
}

/** The data of the next such event of a channel. */
export function next<T>(channel: Channel, event: string): Promise<T> {
  return new Promise((resolve) => {
    const take = (data: T): void => {
      channel.unbind(event, take);
      resolve(data);
    };
    channel.bind(event, take);
  });
}

export async function subscribed(client: Client, name: string): Promise<Channel> {
  const channel = client.subscribe(name);
  await next(channel, 'pusher:subscription_succeeded');
  return channel;
}
