// What a client sees if its app answers later, or cannot answer.
import { beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../src/app/app.ts';
import type { LocalApp } from '../../src/app/local-app.ts';
import { UnavailableError } from '../../src/app/unavailable-error.ts';
import { MAX_HELD_SIZE } from '../../src/session/channel-calls.ts';
import { Gate, LateApp, settled } from '../app/late-app.ts';
import { newApp } from '../app/new-app.ts';
import type { Frame } from '../fake-connection.ts';
import { SessionClient } from './session-client.ts';

let now: number;
let gate: Gate;
let local: LocalApp;
let app: App;

class Client extends SessionClient {
  constructor() {
    super(app, () => now);
  }

  unsubscribe(channel: string): Frame[] {
    return this.say('pusher:unsubscribe', { channel });
  }
}

beforeEach(() => {
  now = 0;
  gate = new Gate();
  local = newApp();
  app = new LateApp(local, gate.delay);
});

const away = new UnavailableError('the store cannot be reached; try again');
const succeeded = [{ event: 'pusher_internal:subscription_succeeded' }];
const unavailable = [
  {
    event: 'pusher:subscription_error',
    data: { type: 'Unavailable', error: away.message, status: 503 },
  },
];

const subscribed = async (channel: string, user?: unknown) => {
  const client = new Client();
  client.subscribe(channel, user);
  await gate.open(channel);
  expect(client.take()).toMatchObject(succeeded);
  return client;
};

describe('a pending subscription', () => {
  it('is confirmed when it is answered', async () => {
    const client = new Client();
    expect(client.subscribe('private-a')).toEqual([]);
    await gate.open('private-a');
    expect(client.take()).toMatchObject([{ ...succeeded[0], channel: 'private-a' }]);
  });

  it('does not delay other channels, nor pings', async () => {
    const client = new Client();
    for (const channel of ['private-a', 'private-b']) client.subscribe(channel);
    expect(client.say('pusher:ping', {})).toMatchObject([{ event: 'pusher:pong' }]);
    await gate.open('private-b');
    await gate.open('private-a');
    expect(client.take().map(({ channel }) => channel)).toEqual(['private-b', 'private-a']);
  });

  it('ends with an unsubscribe that was sent before its answer', async () => {
    const client = new Client();
    client.subscribe('private-a');
    expect(client.unsubscribe('private-a')).toEqual([]);
    await gate.open('private-a');
    expect(client.take()).toMatchObject(succeeded);
    expect(local.size.channels).toBe(0);
  });

  it('may be ended and begun again before its answer', async () => {
    const client = new Client();
    client.subscribe('presence-a', { user_id: 'ann' });
    client.unsubscribe('presence-a');
    client.subscribe('presence-a', { user_id: 'bob' });
    client.unsubscribe('presence-a');
    client.subscribe('presence-a', { user_id: 'eve' });
    await gate.open('presence-a');
    expect(local.userIds('presence-a'), 'the first has ended').toEqual([]);
    await gate.open('presence-a');
    expect(local.userIds('presence-a'), 'so has the second').toEqual([]);
    await gate.open('presence-a');
    expect(local.userIds('presence-a')).toEqual(['eve']);
    expect(client.take()).toMatchObject([...succeeded, ...succeeded, ...succeeded]);
  });

  it('is not repeated: a second subscription is an error, after the answer to the first', async () => {
    const client = new Client();
    client.subscribe('private-a');
    expect(client.subscribe('private-a')).toEqual([]);
    await gate.open('private-a');
    expect(client.take()).toMatchObject([...succeeded, { event: 'pusher:error' }]);
  });

  it('counts towards the limit of subscriptions', () => {
    const client = new Client();
    for (const channel of ['a', 'b', 'c']) expect(client.subscribe(channel)).toEqual([]);
    expect(client.subscribe('d')).toMatchObject([{ data: { type: 'LimitReached' } }]);
  });

  it('leaves nothing behind if the connection closes before the answer', async () => {
    const observer = await subscribed('presence-a', { user_id: 'observer' });
    const client = new Client();
    client.subscribe('presence-a', { user_id: 'ann' });
    client.subscribe('private-b');
    client.end();
    await gate.open('presence-a');
    await gate.open('private-b');
    expect(observer.take().map(({ event }) => event)).toEqual([
      'pusher_internal:member_added',
      'pusher_internal:member_removed',
    ]);
    expect(local.userIds('presence-a')).toEqual(['observer']);
    expect(local.size.channels).toBe(1);
  });

  it('leaves nothing behind if the connections of its user are terminated before the answer', async () => {
    const client = new Client();
    client.signIn({ id: 'ann' });
    await gate.open('ann');
    client.subscribe('presence-a');
    client.unsubscribe('presence-a');
    client.subscribe('presence-a');
    const terminated = app.terminateConnections('ann');
    await settled();
    await gate.open('ann');
    await terminated;
    expect(client.closed).toBe(4009);
    await gate.open('presence-a');
    expect(local.size).toMatchObject({ channels: 0, users: 0 });
  });

  it('is refused with status 503 if the app is unavailable, and may be tried again', async () => {
    const client = new Client();
    client.subscribe('private-a');
    await gate.fail('private-a', away);
    expect(client.take()).toEqual([{ ...unavailable[0], channel: 'private-a' }]);
    expect(client.closed).toBeUndefined();
    client.subscribe('private-a');
    await gate.open('private-a');
    expect(client.take()).toMatchObject(succeeded);
  });

  it('gives its place among the subscriptions back if it is refused', async () => {
    const client = new Client();
    for (const channel of ['a', 'b', 'c']) client.subscribe(channel);
    await gate.fail('a', away);
    client.take();
    expect(client.subscribe('d')).toEqual([]);
    expect(client.subscribe('e')).toMatchObject([{ data: { type: 'LimitReached' } }]);
  });

  it('reports an error that is not expected, once', async () => {
    const client = new Client();
    client.subscribe('private-a');
    const error = new TypeError('a bug');
    await gate.fail('private-a', error);
    expect(client.errors).toEqual([error]);
  });
});

describe('client events', () => {
  it('that were sent before the subscription was answered follow it, in order', async () => {
    const receiver = await subscribed('private-a');
    const sender = new Client();
    sender.subscribe('private-a');
    for (const n of [1, 2, 3]) expect(sender.say('client-e', n, 'private-a')).toEqual([]);
    await gate.open('private-a');
    for (let n = 0; n < 3; n += 1) await gate.open('private-a');
    expect(receiver.take().map(({ data }) => data)).toEqual([1, 2, 3]);
    expect(sender.take()).toMatchObject(succeeded);
  });

  it('are refused if the subscription before them is', async () => {
    const client = new Client();
    client.subscribe('private-a');
    client.say('client-e', 1, 'private-a');
    await gate.fail('private-a', away);
    expect(client.take()).toMatchObject([...unavailable, { event: 'pusher:error' }]);
  });

  it('are counted by the second in which they were sent', async () => {
    const receiver = await subscribed('private-a');
    const sender = new Client();
    sender.subscribe('private-a');
    for (let n = 0; n < 12; n += 1) {
      now = n * 100;
      sender.say('client-e', n, 'private-a');
    }
    for (let n = 0; n < 13; n += 1) await gate.open('private-a');
    expect(receiver.take()).toHaveLength(12);
    expect(sender.take()).toMatchObject(succeeded);
  });

  it('are answered with an error, and the connection goes on, if the app is unavailable', async () => {
    const sender = await subscribed('private-a');
    sender.say('client-e', 1, 'private-a');
    await gate.fail('private-a', away);
    expect(sender.take()).toMatchObject([
      { event: 'pusher:error', data: { code: null, message: away.message } },
    ]);
    expect(sender.closed).toBeUndefined();
  });
});

describe('frames that wait for an answer', () => {
  it('are limited in size: a client that sends more is closed with 4100', async () => {
    const client = await subscribed('private-a');
    const text = 'x'.repeat(10_000);
    let sent = 0;
    while (client.closed === undefined) {
      client.say('client-e', text, 'private-a');
      sent += text.length;
    }
    expect(client.closed).toBe(4100);
    expect(sent).toBeGreaterThan(MAX_HELD_SIZE);
    expect(sent).toBeLessThan(MAX_HELD_SIZE + 3 * text.length);
    await gate.open('private-a');
    expect(local.size.channels).toBe(0);
  });

  it('give their room back when they are handled', async () => {
    const client = await subscribed('private-a');
    for (let round = 0; round < 10; round += 1) {
      now += 1_000;
      for (let n = 0; n < 10; n += 1) client.say('client-e', 'x'.repeat(9_000), 'private-a');
      for (let n = 0; n < 10; n += 1) await gate.open('private-a');
    }
    expect(client.closed).toBeUndefined();
  });
});

describe('a pending sign-in', () => {
  it('is confirmed when it is answered, and does not delay the channel of the user', async () => {
    const client = new Client();
    expect(client.signIn({ id: 'ann' })).toEqual([]);
    client.subscribe('#server-to-user-ann');
    await gate.open('#server-to-user-ann');
    await gate.open('ann');
    expect(client.take()).toMatchObject([...succeeded, { event: 'pusher:signin_success' }]);
  });

  it('is confirmed before its watchlist is refused', async () => {
    const client = new Client();
    client.signIn({ id: 'ann', watchlist: Array.from({ length: 101 }, (_, n) => `user-${n}`) });
    await gate.open('ann');
    expect(client.take()).toMatchObject([
      { event: 'pusher:signin_success' },
      { event: 'pusher:error', data: { code: 4302 } },
    ]);
  });

  it('leaves no user signed in if the connection closes before the answer', async () => {
    const client = new Client();
    client.signIn({ id: 'ann' });
    client.end();
    await gate.open('ann');
    expect(local.size.users).toBe(0);
  });

  it('closes the connection with 4100 if the app is unavailable, so that the client tries again', async () => {
    const client = new Client();
    client.signIn({ id: 'ann' });
    await gate.fail('ann', away);
    expect(client.take()).toEqual([]);
    expect(client.closed).toBe(4100);
    expect(local.size.users).toBe(0);
  });
});

function unreachable(): never {
  throw away;
}

describe('an app that throws at once', () => {
  it('is as unavailable as one that rejects', () => {
    app = Object.assign(newApp(), { subscribe: unreachable, signIn: unreachable });
    expect(new Client().subscribe('private-a')).toMatchObject(unavailable);
    const client = new Client();
    client.signIn({ id: 'ann' });
    expect(client.closed).toBe(4100);
  });
});
