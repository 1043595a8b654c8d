import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
