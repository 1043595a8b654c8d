// A whole broker whose app answers later, as one in a cluster may, with the official SDKs.
import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Broker } from '@rollcall/broker';
import { UnavailableError } from '../src/app/unavailable-error.ts';
import { LocalApp } from '../src/app/local-app.ts';
import { startBroker } from '../src/broker.ts';
import { LateApp } from './app/late-app.ts';
import { connectedClient } from './raw-client.ts';
import { APP, client, next, server, subscribed } from './sdk.ts';
import type { Client } from './sdk.ts';

let broker: Broker;
let isAway: boolean;
let clients: Client[];

/** Longer than a Close frame has room for. */
const REASON = `the store cannot be reached; try again ${'é'.repeat(100)}`;

async function delay(): Promise<void> {
  await sleep(5);
  if (isAway) throw new UnavailableError(REASON);
}

beforeEach(async () => {
  isAway = false;
  clients = [];
  broker = await startBroker({ apps: [APP] }, () => ({
    unreadiness: undefined,
    cluster: undefined,
    introduce() {},
    nodes: () => [],
    leave() {},
    close: () => Promise.resolve(),
    createApp: (options, environment) =>
      Promise.resolve(new LateApp(new LocalApp(options, environment), delay)),
  }));
});

afterEach(async () => {
  for (const each of clients) each.disconnect();
  await broker.close();
});

const connected = async (identity = {}): Promise<Client> => {
  const made = client(broker, identity);
  clients.push(made);
  await next(made.connection as never, 'connected');
  return made;
};

it('serves the official SDKs', async () => {
  const [ann, bob] = [await connected({ userId: 'ann' }), await connected({ userId: 'bob' })];
  const channel = await subscribed(ann, 'presence-a');
  const added = next<{ id: string }>(channel, 'pusher:member_added');
  await subscribed(bob, 'presence-a');
  expect((await added).id).toBe('bob');

  const event = next(channel, 'e');
  expect((await server(broker).trigger('presence-a', 'e', { x: 1 })).status).toBe(200);
  expect(await event).toEqual({ x: 1 });

  const users = await server(broker).get({ path: '/channels/presence-a/users' });
  expect(await users.json()).toEqual({ users: [{ id: 'ann' }, { id: 'bob' }] });
});

it('refuses with 503 what it cannot do, and goes on', async () => {
  const ann = await connected({ userId: 'ann' });
  const channel = await subscribed(ann, 'a');
  isAway = true;
  const refused = next(ann.subscribe('b'), 'pusher:subscription_error');
  expect(await refused).toMatchObject({ type: 'Unavailable', status: 503 });
  await expect(server(broker).trigger('a', 'e', 1)).rejects.toMatchObject({ status: 503 });

  isAway = false;
  const event = next(channel, 'e');
  await server(broker).trigger('a', 'e', 2);
  expect(await event, 'the refused event was not delivered').toBe(2);
  expect(ann.connection.state).toBe('connected');
});

it('closes with 4100 a connection that it cannot sign in', async () => {
  const ann = await connectedClient(broker);
  isAway = true;
  const user = { id: 'ann' };
  ann.say('pusher:signin', server(broker).authenticateUser(ann.socketId, user));
  expect(await ann.next()).toMatchObject({ event: 'pusher:error' });
  expect(await ann.closed).toBe(4100);
});

it.each(['keep-alive', 'close'])('sends Retry-After with a 503, Connection: %s', async (header) => {
  isAway = true;
  const path = `/apps/${APP.appId}/channels`;
  const query = server(broker).createSignedQueryString({ method: 'GET', path });
  const sent = get(`${broker.url}${path}?${query}`, { headers: { connection: header } });
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '1']);
  response.resume();
});
