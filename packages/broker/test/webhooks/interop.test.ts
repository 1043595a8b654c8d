import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type Pusher from 'pusher';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import { APP, client, server as sdk, subscribed } from '../sdk.ts';

let receiver: Server;
let broker: Broker;
let events: unknown[];
let statuses: number[];
let bodies: string[];
let valid: boolean[];

beforeEach(async () => {
  [events, statuses, bodies, valid] = [[], [], [], []];
  receiver = createServer((request, response) => {
    void text(request).then((rawBody) => {
      const headers = request.headers as Record<string, string>;
      const hook: ReturnType<Pusher['webhook']> = sdk(broker).webhook({ headers, rawBody });
      valid.push(hook.isValid());
      bodies.push(rawBody);
      const status = statuses.shift() ?? 200;
      if (status === 200) events.push(...hook.getEvents());
      response.writeHead(status).end('thanks');
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;
  const webhooks = [{ url: `http://127.0.0.1:${port}/hooks` }];
  broker = await createBroker({ apps: [{ ...APP, webhooks, subscriptionCounts: true }] });
});

afterEach(async () => {
  await broker.close();
  receiver.close();
});

it('sends all events, in requests that the official server SDK accepts', async () => {
  const ann = client(broker, { userId: 'ann' });
  const room = await subscribed(ann, 'presence-room');
  await subscribed(ann, 'cache-a');
  room.trigger('client-typing', { at: 3 });
  await expect
    .poll(() => events)
    .toEqual([
      { name: 'channel_occupied', channel: 'presence-room' },
      { name: 'member_added', channel: 'presence-room', user_id: 'ann' },
      { name: 'channel_occupied', channel: 'cache-a' },
      { name: 'cache_miss', channel: 'cache-a' },
      { name: 'subscription_count', channel: 'cache-a', subscription_count: 1 },
      {
        name: 'client_event',
        channel: 'presence-room',
        event: 'client-typing',
        data: '{"at":3}',
        socket_id: ann.connection.socket_id,
        user_id: 'ann',
      },
    ]);
  expect(new Set(valid)).toEqual(new Set([true]));

  // Not before 3 s: see debounced-leaves.test.ts.
  ann.disconnect();
  await expect
    .poll(() => events.slice(6))
    .toEqual([
      { name: 'member_removed', channel: 'presence-room', user_id: 'ann' },
      { name: 'channel_vacated', channel: 'presence-room' },
      { name: 'channel_vacated', channel: 'cache-a' },
    ]);
});

it('retries events that the server did not accept', async () => {
  statuses = [500];
  const ann = client(broker);
  await subscribed(ann, 'private-a');
  await expect
    .poll(() => events)
    .toContainEqual({ name: 'channel_occupied', channel: 'private-a' });
  const [first, second] = bodies.map((body) => JSON.parse(body) as { time_ms: number });
  expect(second?.time_ms).toBe(first?.time_ms);
  ann.disconnect();
});

it('stops when the broker closes', async () => {
  statuses = Array.from({ length: 100 }, () => 500);
  const ann = client(broker);
  await subscribed(ann, 'private-a');
  await expect.poll(() => bodies.length).toBeGreaterThan(0);
  await broker.close();
  ann.disconnect();
});
