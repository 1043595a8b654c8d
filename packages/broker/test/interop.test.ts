import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import { APP, client, next, server, subscribed } from './sdk.ts';
import type { Client, Identity } from './sdk.ts';

interface Members {
  readonly count: number;
  get(id: string): { id: string; info: unknown } | null;
}

let broker: Broker;
let clients: Client[];

function connect(userId?: string, identity: Identity = {}): Client {
  const created = client(broker, { ...identity, ...(userId !== undefined && { userId }) });
  clients.push(created);
  return created;
}

beforeEach(async () => {
  clients = [];
  broker = await createBroker({ apps: [{ ...APP, subscriptionCounts: true }] });
});

afterEach(async () => {
  for (const each of clients) each.disconnect();
  await broker.close();
});

describe('the official SDKs', () => {
  it.each(['news', 'private-news', 'private-encrypted-news', 'presence-news'])(
    'deliver events on %s',
    async (name) => {
      const channel = await subscribed(connect(), name);
      const received = next(channel, 'greeting');
      await server(broker).trigger(name, 'greeting', { text: 'hello, é and "quotes"' });
      expect(await received).toEqual({ text: 'hello, é and "quotes"' });
    },
  );

  it('do not deliver to the connection that is excluded', async () => {
    const sender = connect();
    const own = await subscribed(sender, 'news');
    const other = await subscribed(connect(), 'news');
    const received: unknown[] = [];
    own.bind('greeting', (data: unknown) => received.push(data));
    const last = next(own, 'greeting-all');
    const heard = next(other, 'greeting');

    const trigger = server(broker);
    await trigger.trigger('news', 'greeting', 1, { socket_id: sender.connection.socket_id });
    await trigger.trigger('news', 'greeting-all', 2);
    expect(await heard).toBe(1);
    expect(await last).toBe(2);
    expect(received).toEqual([]);
  });

  it('see members join and leave', async () => {
    const ann = await subscribed(connect('ann'), 'presence-room');
    const added = next<{ id: string }>(ann, 'pusher:member_added');
    const bobClient = connect('bob');
    const bob = bobClient.subscribe('presence-room');
    const members = await next<Members>(bob, 'pusher:subscription_succeeded');

    expect(members.count).toBe(2);
    expect(members.get('ann')).toEqual({ id: 'ann', info: { name: 'I am ann' } });
    expect(await added).toEqual({ id: 'bob', info: { name: 'I am bob' } });

    const removed = next<{ id: string }>(ann, 'pusher:member_removed');
    bobClient.disconnect();
    expect((await removed).id).toBe('bob');
  });

  it('deliver client events to the other subscribers, with their sender', async () => {
    const ann = await subscribed(connect('ann'), 'presence-room');
    const bob = await subscribed(connect('bob'), 'presence-room');
    const received = new Promise((resolve) =>
      bob.bind('client-typing', (data: unknown, metadata: unknown) => resolve([data, metadata])),
    );
    ann.trigger('client-typing', { at: 3 });
    expect(await received).toEqual([{ at: 3 }, { user_id: 'ann' }]);
  });
});

describe('cache channels', () => {
  it.each(['cache-a', 'private-cache-a', 'private-encrypted-cache-a', 'presence-cache-a'])(
    '%s sends its last event to a later subscriber',
    async (name) => {
      const early = connect().subscribe(name);
      await next(early, 'pusher:cache_miss');
      await server(broker).trigger(name, 'state', { n: 1 });
      const late = connect('ann').subscribe(name);
      expect(await next(late, 'state')).toEqual({ n: 1 });
    },
  );

  it('are read by the server SDK', async () => {
    const api = server(broker);
    await api.trigger('cache-a', 'state', { n: 1 });
    const response = await api.get({ path: '/channels/cache-a', params: { info: 'cache' } });
    expect(await response.json()).toEqual({
      occupied: false,
      cache: { data: '{"n":1}', ttl: 1_800 },
    });
  });
});

describe('users', () => {
  it('sign in, and receive events for them alone', async () => {
    const [ann, bob] = [connect('ann'), connect('bob')];
    const heard: unknown[] = [];
    bob.user.bind('greeting', (data) => heard.push(data));
    for (const user of [ann, bob]) {
      user.signin();
      await next(user.connection, 'message');
      // SDKs subscribe to it themselves, and emit only the event of the channel.
      await vi.waitFor(() =>
        expect(user).toHaveProperty('user.serverToUserChannel.subscribed', true),
      );
    }
    const received = next(ann.user, 'greeting');
    await server(broker).sendToUser('ann', 'greeting', { text: 'hello' });
    expect(await received).toEqual({ text: 'hello' });
    expect(heard).toEqual([]);
  });

  it('join presence channels without channel_data', async () => {
    const ann = connect('ann', { bySignIn: true });
    ann.signin();
    const channel = ann.subscribe('presence-room');
    const members = await next<Members>(channel, 'pusher:subscription_succeeded');
    expect(members.get('ann')).toEqual({ id: 'ann', info: { name: 'I am ann' } });
  });

  it('are informed about the users on their watchlist', async () => {
    const ann = connect('ann', { watchlist: ['bob'] });
    const offline = next(ann.user.watchlist, 'offline');
    ann.signin();
    expect(await offline).toEqual({ name: 'offline', user_ids: ['bob'] });

    const online = next(ann.user.watchlist, 'online');
    const bob = connect('bob');
    bob.signin();
    expect(await online).toEqual({ name: 'online', user_ids: ['bob'] });

    const gone = new Promise((resolve) => ann.user.watchlist.bind('offline', resolve));
    bob.disconnect();
    expect(await gone).toEqual({ name: 'offline', user_ids: ['bob'] });
  });

  it('do not reconnect after terminate_connections', async () => {
    const [ann, bob] = [connect('ann'), connect('bob')];
    for (const user of [ann, bob]) {
      user.signin();
      await vi.waitFor(() =>
        expect(user).toHaveProperty('user.serverToUserChannel.subscribed', true),
      );
    }
    const gone = next(ann.connection, 'disconnected');
    await server(broker).terminateUserConnections('ann');
    await gone;
    expect(bob.connection.state).toBe('connected');
  });

  it('do not reconnect after an invalid sign-in', async () => {
    const liar = connect('ann', { secret: 'wrong' });
    liar.signin();
    await next(liar.connection, 'disconnected');
  });
});

describe('subscription counts', () => {
  it('reach the client SDK', async () => {
    const channel = connect().subscribe('news');
    expect(await next(channel, 'pusher:subscription_count')).toEqual({ subscription_count: 1 });
    const second = next(channel, 'pusher:subscription_count');
    connect().subscribe('news');
    expect(await second).toEqual({ subscription_count: 2 });
  });
});

describe('the official server SDK', () => {
  it('triggers batches', async () => {
    const channel = await subscribed(connect(), 'news');
    const received: unknown[] = [];
    channel.bind('e', (data: unknown) => received.push(data));
    const last = next(channel, 'last');
    await server(broker).triggerBatch([
      { channel: 'news', name: 'e', data: { n: 1 } },
      { channel: 'news', name: 'e', data: { n: 2 } },
      { channel: 'news', name: 'last', data: null },
    ]);
    await last;
    expect(received).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('reads channels and users', async () => {
    await subscribed(connect('ann'), 'presence-room');
    const api = server(broker);
    const get = async (path: string, params = {}) => (await api.get({ path, params })).json();
    expect(await get('/channels', { filter_by_prefix: 'presence-', info: 'user_count' })).toEqual({
      channels: { 'presence-room': { user_count: 1 } },
    });
    expect(await get('/channels/presence-room', { info: 'user_count' })).toEqual({
      occupied: true,
      user_count: 1,
    });
    expect(await get('/channels/presence-room/users')).toEqual({ users: [{ id: 'ann' }] });
  });

  it('gets the reason of a refusal', async () => {
    const stranger = server(broker, { secret: 'wrong' });
    await expect(stranger.trigger('news', 'e', {})).rejects.toMatchObject({
      status: 401,
      body: expect.stringContaining('check appId, key and secret'),
    });
  });
});

describe('the official client SDK', () => {
  it('does not reconnect if no app has its key', async () => {
    const lost = connect('ann', { key: 'no-such-key' });
    await vi.waitFor(() => expect(lost.connection.state).toBe('disconnected'));
  });

  it('gets the reason of a refused subscription', async () => {
    const liar = connect('ann', { secret: 'wrong' });
    const channel = liar.subscribe('private-news');
    expect(await next(channel, 'pusher:subscription_error')).toMatchObject({
      type: 'AuthError',
      status: 401,
    });
  });

  it('reconnects after a second, and not at once, when the broker closes', async () => {
    const one = connect();
    await subscribed(one, 'news');
    const first = new Promise((resolve) => {
      one.connection.bind('connecting_in', (seconds: number) => resolve(seconds));
      one.connection.bind('connecting', () => resolve('at once'));
    });
    await broker.close();
    expect(await first).toBe(1);
  });
});
