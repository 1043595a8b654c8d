// Runs one script of the official SDKs against our broker and against soketi, to compare our reading of the protocol with
// another. It leaves out what soketi lacks or does differently: `info` of a trigger, errors as HTTP statuses, watchlists.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createBroker } from '@rollcall/broker';

import { PROGRAMS, Programs } from '../../../test/support/processes.ts';
import { RawClient } from './raw-client.ts';
import { APP, client, next, server, subscribed } from './sdk.ts';
import type { Client, ServerAddress } from './sdk.ts';
import { freePort } from '../../../test/support/free-port.js';

const isNode20 = process.versions.node.startsWith('20.');

interface Peer extends ServerAddress {
  end(): Promise<void>;
}

async function ours(): Promise<Peer> {
  const broker = await createBroker({ apps: [APP] });
  return { host: broker.host, port: broker.port, end: () => broker.close() };
}

async function soketi(): Promise<Peer> {
  const programs = new Programs();
  const port = await freePort();
  const { appId, key, secret } = APP;
  const program = programs.node(PROGRAMS.soketi, [String(port), appId, key, secret, 'sign-in']);
  await program.line(/WebSockets? server is available|Websockets server is available/);
  return { host: '127.0.0.1', port, end: () => programs.endAll() };
}

describe('our broker', () => script(ours));
// It runs on Node 20 only.
describe.skipIf(!isNode20)('soketi', () => script(soketi));

function script(start: () => Promise<Peer>): void {
  let peer: Peer;
  const clients: Client[] = [];
  beforeAll(async () => {
    peer = await start();
  });
  afterAll(() => peer.end());
  afterEach(() => {
    for (const each of clients.splice(0)) each.disconnect();
  });

  const connect = (userId = 'unnamed', secret: string = APP.secret): Client => {
    const created = client(peer, { userId, secret });
    clients.push(created);
    return created;
  };
  const raw = (target?: string): RawClient =>
    new RawClient({ url: `http://${peer.host}:${peer.port}` }, target);

  it.each(['news', 'private-news', 'private-encrypted-news', 'presence-news'])(
    'delivers events on %s',
    async (name) => {
      const channel = await subscribed(connect(), name);
      const received = next(channel, 'greeting');
      await server(peer).trigger(name, 'greeting', { text: 'hello, é' });
      expect(await received).toEqual({ text: 'hello, é' });
    },
  );

  it('does not deliver to the socket that is excluded', async () => {
    const sender = connect();
    const channel = await subscribed(sender, 'news');
    const heard: unknown[] = [];
    channel.bind('e', (data: unknown) => heard.push(data));
    const last = next(channel, 'last');
    await server(peer).trigger('news', 'e', 1, { socket_id: sender.connection.socket_id });
    await server(peer).trigger('news', 'last', 2);
    await last;
    expect(heard).toEqual([]);
  });

  it('delivers batches in order', async () => {
    const channel = await subscribed(connect(), 'news');
    const heard: unknown[] = [];
    channel.bind('e', (data: unknown) => heard.push(data));
    const last = next(channel, 'last');
    await server(peer).triggerBatch([
      { channel: 'news', name: 'e', data: 1 },
      { channel: 'news', name: 'e', data: 2 },
      { channel: 'news', name: 'last', data: 3 },
    ]);
    await last;
    expect(heard).toEqual([1, 2]);
  });

  it('informs members about each other, each user once', async () => {
    const ann = await subscribed(connect('ann'), 'presence-room');
    const heard: string[] = [];
    ann.bind('pusher:member_added', ({ id }: { id: string }) => heard.push(`+${id}`));
    ann.bind('pusher:member_removed', ({ id }: { id: string }) => heard.push(`-${id}`));
    const [phone, laptop] = [connect('bob'), connect('bob')];
    await subscribed(phone, 'presence-room');
    const channel = laptop.subscribe('presence-room');
    const members = await next<{ count: number }>(channel, 'pusher:subscription_succeeded');
    expect(members.count).toBe(2);
    phone.disconnect();
    laptop.disconnect();
    await expect.poll(() => heard).toEqual(['+bob', '-bob']);
  });

  it('delivers client events to the other subscribers, with their sender', async () => {
    const ann = await subscribed(connect('ann'), 'presence-room');
    const bob = await subscribed(connect('bob'), 'presence-room');
    const received = new Promise((resolve) =>
      bob.bind('client-typing', (data: unknown, metadata: unknown) => resolve([data, metadata])),
    );
    ann.trigger('client-typing', { at: 3 });
    expect(await received).toEqual([{ at: 3 }, { user_id: 'ann' }]);
  });

  it.each(['cache-a', 'private-cache-a', 'presence-cache-a'])(
    'sends the last event of %s to a later subscriber',
    async (name) => {
      await next(connect().subscribe(name), 'pusher:cache_miss');
      await server(peer).trigger(name, 'state', { n: 1 });
      expect(await next(connect('ann').subscribe(name), 'state')).toEqual({ n: 1 });
    },
  );

  it('sends events for one user to that user alone', async () => {
    const [ann, bob] = [connect('ann'), connect('bob')];
    const heard: unknown[] = [];
    bob.user.bind('greeting', (data) => heard.push(data));
    for (const user of [ann, bob]) await signedIn(user);
    const received = next(ann.user, 'greeting');
    await server(peer).sendToUser('ann', 'greeting', { text: 'hello' });
    expect(await received).toEqual({ text: 'hello' });
    expect(heard).toEqual([]);
  });

  it('terminates the connections of a signed-in user', async () => {
    const [ann, bob] = [connect('ann'), connect('bob')];
    for (const user of [ann, bob]) await signedIn(user);
    const gone = next(ann.connection, 'disconnected');
    await server(peer).terminateUserConnections('ann');
    await gone;
    expect(bob.connection.state).toBe('connected');
  });

  it('closes the connection after an invalid sign-in', async () => {
    const liar = connect('ann', 'wrong');
    liar.signin();
    await next(liar.connection, 'disconnected');
  });

  it('refuses a subscription without a valid signature', async () => {
    const channel = connect('ann', 'wrong').subscribe('private-news');
    const error = await next(channel, 'pusher:subscription_error');
    expect(error).toMatchObject({ type: 'AuthError', status: 401 });
  });

  it('lists occupied channels and their users', async () => {
    await subscribed(connect('ann'), 'presence-asked');
    const api = server(peer);
    const get = async (path: string, params = {}) => (await api.get({ path, params })).json();
    expect(await get('/channels/presence-asked', { info: 'user_count' })).toMatchObject({
      occupied: true,
      user_count: 1,
    });
    expect(await get('/channels', { filter_by_prefix: 'presence-asked' })).toMatchObject({
      channels: { 'presence-asked': {} },
    });
    expect(await get('/channels/presence-asked/users')).toEqual({ users: [{ id: 'ann' }] });
  });

  it('accepts connections, answers pings, and refuses an unknown key with 4001', async () => {
    const greeted = raw();
    const { event, data } = await greeted.next();
    expect(event).toBe('pusher:connection_established');
    expect(JSON.parse(data as string)).toMatchObject({
      socket_id: expect.stringMatching(/^\d+\.\d+$/) as string,
      activity_timeout: expect.any(Number) as number,
    });
    greeted.say('pusher:ping', {});
    expect(await greeted.next()).toMatchObject({ event: 'pusher:pong' });
    await greeted.kill();
    const refused = raw('/app/unknown?protocol=7');
    expect(await refused.next()).toMatchObject({ event: 'pusher:error', data: { code: 4001 } });
    expect(await refused.closed).toBe(4001);
  });
}

/** SDKs subscribe to the channel of the user themselves, without an event of their own. */
async function signedIn(user: Client): Promise<void> {
  user.signin();
  await expect.poll(() => user).toHaveProperty('user.serverToUserChannel.subscribed', true);
}
