import { beforeEach, describe, expect, it } from 'vitest';
import type { LocalApp } from '../../src/app/local-app.ts';
import { newApp } from '../app/new-app.ts';
import { MAX_PUBLIC_SUBSCRIPTIONS, MAX_SUBSCRIPTIONS, SessionClient } from './session-client.ts';

let app: LocalApp;
let now: number;

class Client extends SessionClient {
  constructor() {
    super(app, () => now);
  }
}

beforeEach(() => {
  app = newApp();
  now = 0;
});

const succeeded = [{ event: 'pusher_internal:subscription_succeeded' }];
const unauthorised = [
  { event: 'pusher:subscription_error', data: { type: 'AuthError', status: 401 } },
];
const full = [{ event: 'pusher:subscription_error', data: { type: 'LimitReached', status: 403 } }];

/** A user object of so many bytes. */
const user = (bytes: number) => ({ user_id: 'a', user_info: 'x'.repeat(bytes - 30) });

describe('subscribe', () => {
  it('accepts any client in a public channel', () => {
    expect(new Client().say('pusher:subscribe', { channel: 'news', auth: '' })).toMatchObject([
      { ...succeeded[0], channel: 'news', data: {} },
    ]);
  });

  it('accepts clients with a valid signature in private and presence channels', () => {
    expect(new Client().subscribe('private-a')).toMatchObject(succeeded);
    expect(new Client().subscribe('presence-a', { user_id: 7, user_info: 'x' })).toMatchObject([
      { ...succeeded[0], data: { presence: { ids: ['7'], hash: { 7: 'x' } } } },
    ]);
  });

  it.each([
    ['no signature', (_client: Client) => undefined],
    ['a signature for another channel', (client: Client) => client.sign('private-b')],
    ['a signature for another connection', () => new Client().sign('private-a')],
    [
      'a signature with data that it did not send',
      (client: Client) => client.sign('private-a', 'x'),
    ],
    ['another key', (client: Client) => client.sign('private-a').replace('key', 'yek')],
  ])('refuses a private channel to a client with %s', (_name, auth) => {
    const client = new Client();
    expect(
      client.say('pusher:subscribe', { channel: 'private-a', auth: auth(client) }),
    ).toMatchObject(unauthorised);
    expect(app.size.channels).toBe(0);
  });

  it('refuses channel_data that was changed after it was signed', () => {
    const client = new Client();
    const auth = client.sign('presence-a', '{"user_id":"ann"}');
    const data = { channel: 'presence-a', auth, channel_data: '{"user_id":"bob"}' };
    expect(client.say('pusher:subscribe', data)).toMatchObject(unauthorised);
  });

  it('refuses a presence channel without a valid user id', () => {
    expect(new Client().subscribe('presence-a')).toMatchObject(unauthorised);
    expect(new Client().subscribe('presence-a', {})).toMatchObject(unauthorised);
    expect(new Client().subscribe('presence-a', { user_id: 'a'.repeat(129) })).toMatchObject(
      unauthorised,
    );
  });

  it('accepts a user object of 1 KB, in bytes, and refuses a larger one', () => {
    expect(JSON.stringify(user(1_024))).toHaveLength(1_024);
    expect(new Client().subscribe('presence-a', user(1_024))).toMatchObject(succeeded);
    expect(new Client().subscribe('presence-b', user(1_025))).toMatchObject(unauthorised);
    const wide = { ...user(1_024), user_info: `${'x'.repeat(993)}é` };
    expect(new Client().subscribe('presence-b', wide)).toMatchObject(unauthorised);
  });

  it('accepts 100 members, on any number of connections, and refuses another', () => {
    const clients = Array.from({ length: 100 }, (_, id) => {
      const client = new Client();
      expect(client.subscribe('presence-a', { user_id: id })).toMatchObject(succeeded);
      return client;
    });
    expect(new Client().subscribe('presence-a', { user_id: 'one more' })).toMatchObject(full);
    expect(new Client().subscribe('presence-a', { user_id: 0 })).toMatchObject(succeeded);
    clients[50]?.end();
    expect(new Client().subscribe('presence-a', { user_id: 'one more' })).toMatchObject(succeeded);
  });

  it('limits the subscriptions of a connection', () => {
    const client = new Client();
    for (let i = 0; i < MAX_SUBSCRIPTIONS; i += 1) {
      expect(client.subscribe(`private-${i}`)).toMatchObject(succeeded);
    }
    expect(client.subscribe('private-one-more')).toMatchObject(full);
    client.say('pusher:unsubscribe', { channel: 'private-0' });
    expect(client.subscribe('private-one-more')).toMatchObject(succeeded);
  });

  it('limits the subscriptions to public channels further', () => {
    const client = new Client();
    client.signIn({ id: 'ann' });
    for (let i = 0; i < MAX_PUBLIC_SUBSCRIPTIONS; i += 1) {
      expect(client.subscribe(`news-${i}`)).toMatchObject(succeeded);
    }
    expect(client.subscribe('one-more')).toMatchObject(full);
    expect(client.subscribe('cache-one-more')).toMatchObject(full);
    expect(client.subscribe('#server-to-user-ann')).toMatchObject(succeeded);
    expect(client.subscribe('private-a')).toMatchObject(succeeded);
    for (const channel of ['news-0', 'private-a']) client.say('pusher:unsubscribe', { channel });
    expect(client.subscribe('one-more')).toMatchObject(succeeded);
    expect(client.subscribe('another')).toMatchObject(full);
  });

  it('a second time is an error, and changes nothing', () => {
    const client = new Client();
    client.subscribe('presence-a', { user_id: 'ann' });
    expect(client.subscribe('presence-a', { user_id: 'bob' })).toMatchObject([
      { event: 'pusher:error', data: { message: expect.stringMatching(/already subscribed/) } },
    ]);
    expect(app.userIds('presence-a')).toEqual(['ann']);
    client.end();
    expect(app.size.channels).toBe(0);
  });
});

describe('leaving', () => {
  it('unsubscribe ends one subscription, and ignores an unknown channel', () => {
    const client = new Client();
    client.subscribe('a');
    client.subscribe('b');
    expect(client.say('pusher:unsubscribe', { channel: 'a' })).toEqual([]);
    expect(client.say('pusher:unsubscribe', { channel: 'c' })).toEqual([]);
    expect([...app.channelsStartingWith('').keys()]).toEqual(['b']);
  });

  it('the end of a session ends all of them', () => {
    const [client, observer] = [new Client(), new Client()];
    observer.subscribe('presence-a', { user_id: 'observer' });
    client.subscribe('presence-a', { user_id: 'ann' });
    client.subscribe('news');
    observer.take();
    client.end();
    client.end();
    expect(observer.take()).toMatchObject([
      { event: 'pusher_internal:member_removed', data: { user_id: 'ann' } },
    ]);
    expect([...app.channelsStartingWith('').keys()]).toEqual(['presence-a']);
  });
});

describe('client events', () => {
  it('reach the other subscribers of a private channel, unchanged', () => {
    const [sender, receiver] = [new Client(), new Client()];
    sender.subscribe('private-a');
    receiver.subscribe('private-a');
    expect(sender.say('client-e', { x: 1 }, 'private-a')).toEqual([]);
    expect(receiver.texts).toEqual([
      String.raw`{"event":"client-e","channel":"private-a","data":"{\"x\":1}"}`,
    ]);
  });

  it('carry the id of the sender in a presence channel', () => {
    const [sender, receiver] = [new Client(), new Client()];
    sender.subscribe('presence-a', { user_id: 'ann' });
    receiver.subscribe('presence-a', { user_id: 'bob' });
    sender.say('client-e', 1, 'presence-a');
    expect(receiver.take()).toEqual([
      { event: 'client-e', channel: 'presence-a', data: 1, user_id: 'ann' },
    ]);
  });

  it('are refused in public channels, and in channels without a subscription', () => {
    const [sender, receiver] = [new Client(), new Client()];
    for (const client of [sender, receiver]) client.subscribe('news');
    receiver.subscribe('private-a');
    const error = [{ event: 'pusher:error' }];
    expect(sender.say('client-e', {}, 'news')).toMatchObject(error);
    expect(sender.say('client-e', {}, 'private-a')).toMatchObject(error);
    expect(sender.say('client-e', {}, 'private-unoccupied')).toMatchObject(error);
    expect(receiver.take()).toEqual([]);
  });

  it('are refused in encrypted channels', () => {
    const [sender, receiver] = [new Client(), new Client()];
    for (const client of [sender, receiver]) client.subscribe('private-encrypted-a');
    expect(sender.say('client-e', {}, 'private-encrypted-a')).toMatchObject([
      { event: 'pusher:error' },
    ]);
    expect(receiver.take()).toEqual([]);
  });

  it('may have 10 KB, in bytes, and no more', () => {
    const [sender, receiver] = [new Client(), new Client()];
    for (const client of [sender, receiver]) client.subscribe('private-a');
    expect(sender.say('client-e', 'x'.repeat(10_240), 'private-a')).toEqual([]);
    expect(receiver.take()).toHaveLength(1);
    const wide = `${'x'.repeat(10_239)}é`;
    expect(sender.say('client-e', wide, 'private-a')).toMatchObject([
      { event: 'pusher:error', data: { message: expect.stringMatching(/10240 bytes/) } },
    ]);
    expect(receiver.take()).toEqual([]);
  });

  it('are limited to 10 a second; more are dropped with 4301', () => {
    const [sender, receiver] = [new Client(), new Client()];
    for (const client of [sender, receiver]) client.subscribe('private-a');
    for (let i = 0; i < 10; i += 1) expect(sender.say('client-e', i, 'private-a')).toEqual([]);
    now = 999;
    expect(sender.say('client-e', 10, 'private-a')).toMatchObject([
      { event: 'pusher:error', data: { code: 4301 } },
    ]);
    expect(receiver.take()).toHaveLength(10);
    now = 1_000;
    expect(sender.say('client-e', 11, 'private-a')).toEqual([]);
    expect(receiver.take()).toMatchObject([{ data: 11 }]);
  });
});

describe('the rest', () => {
  it('answers a ping, and accepts a pong', () => {
    const client = new Client();
    expect(client.say('pusher:ping', {})).toEqual([{ event: 'pusher:pong', data: {} }]);
    expect(client.say('pusher:pong', {})).toEqual([]);
  });

  it.each(['pusher:error', 'pusher_internal:member_added', 'greeting'])(
    'answers %s with an error, and does not pass it on',
    (event) => {
      const [sender, receiver] = [new Client(), new Client()];
      for (const client of [sender, receiver]) client.subscribe('private-a');
      expect(sender.say(event, {}, 'private-a')).toMatchObject([{ event: 'pusher:error' }]);
      expect(receiver.take()).toEqual([]);
    },
  );
});
