import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import { APP, client, next, server, subscribed } from './sdk.ts';
import type { Client } from './sdk.ts';

interface Members {
  readonly count: number;
  get(id: string): { id: string; info: unknown } | null;
}

let broker: Broker;
let clients: Client[];

function connect(userId?: string): Client {
  const created = client(broker, userId);
  clients.push(created);
  return created;
}

beforeEach(async () => {
  clients = [];
  broker = await createBroker({ apps: [APP] });
});

afterEach(async () => {
  for (const each of clients) each.disconnect();
  await broker.close();
});

describe('the official SDKs', () => {
  it.each(['news', 'private-news', 'presence-news'])(
    'deliver what is triggered on %s',
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

  it('see members come and go', async () => {
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

  it('pass client events to the others in a channel, with who sent them', async () => {
    const ann = await subscribed(connect('ann'), 'presence-room');
    const bob = await subscribed(connect('bob'), 'presence-room');
    const received = new Promise((resolve) =>
      bob.bind('client-typing', (data: unknown, metadata: unknown) => resolve([data, metadata])),
    );
    ann.trigger('client-typing', { at: 3 });
    expect(await received).toEqual([{ at: 3 }, { user_id: 'ann' }]);
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

  it('is told why it is refused', async () => {
    const stranger = server(broker, { secret: 'wrong' });
    await expect(stranger.trigger('news', 'e', {})).rejects.toMatchObject({
      status: 401,
      body: expect.stringContaining('check appId, key and secret'),
    });
  });
});

describe('the official client SDK', () => {
  it('stays away when there is no app with its key', async () => {
    const lost = client(broker, 'ann', 'no-such-key');
    clients.push(lost);
    await vi.waitFor(() => expect(lost.connection.state).toBe('disconnected'));
  });

  it('hears why a subscription is refused', async () => {
    const liar = client(broker, 'ann', APP.key, { secret: 'wrong' });
    clients.push(liar);
    const channel = liar.subscribe('private-news');
    expect(await next(channel, 'pusher:subscription_error')).toMatchObject({
      type: 'AuthError',
      status: 401,
    });
  });

  it('does not come back in a storm when the broker closes', async () => {
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
