import { createHmac } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import type { LocalApp } from '../../src/app/local-app.ts';
import { APP, newApp } from '../app/new-app.ts';
import { SessionClient } from './session-client.ts';

let app: LocalApp;

class Client extends SessionClient {
  constructor() {
    super(app);
  }
}

beforeEach(() => {
  app = newApp();
});

const succeeded = [{ event: 'pusher_internal:subscription_succeeded' }];
const unauthorised = [
  { event: 'pusher:subscription_error', data: { type: 'AuthError', status: 401 } },
];

it('is confirmed with the signed data', () => {
  expect(new Client().signIn({ id: 'ann', user_info: 'x' })).toEqual([
    {
      event: 'pusher:signin_success',
      data: { user_data: '{"id":"ann","user_info":"x"}' },
    },
  ]);
});

it.each([
  ['a wrong signature', { id: 'ann' }, 'wrong'],
  ['an id that is no text', { id: 7 }, APP.secret],
  ['no id', {}, APP.secret],
  ['a user object over 1 KB', { id: 'ann', user_info: 'x'.repeat(1_024) }, APP.secret],
])('with %s closes the connection with 4009', (_name, data, secret) => {
  const client = new Client();
  expect(client.signIn(data, secret)).toEqual([]);
  expect(client.closed).toBe(4009);
  expect(app.size.users).toBe(0);
});

it('accepts a user object of 1 KB and refuses a larger one', () => {
  const info = 'x'.repeat(1_024 - JSON.stringify({ id: 'ann', user_info: '' }).length);
  expect(new Client().signIn({ id: 'ann', user_info: info })).toHaveLength(1);
  const client = new Client();
  client.signIn({ id: 'ann', user_info: `${info}x` });
  expect(client.closed).toBe(4009);
});

it('refuses data that is nested too deeply to be encoded', () => {
  const client = new Client();
  const info = '['.repeat(20_000) + ']'.repeat(20_000);
  const userData = `{"id":"ann","user_info":${info}}`;
  const text = `${client.socketId}::user::${userData}`;
  const signature = createHmac('sha256', APP.secret).update(text).digest('hex');
  client.say('pusher:signin', { auth: `${APP.key}:${signature}`, user_data: userData });
  expect(client.closed).toBe(4009);
});

it('a second time is an error, and changes nothing', () => {
  const client = new Client();
  client.signIn({ id: 'ann' });
  expect(client.signIn({ id: 'bob' })).toMatchObject([{ event: 'pusher:error' }]);
  expect(client.subscribe('#server-to-user-ann')).toMatchObject(succeeded);
});

it('accepts a watchlist of 100 users; a longer one is ignored with 4302', () => {
  const users = Array.from({ length: 101 }, (_, i) => `user-${i}`);
  const [, statuses] = new Client().signIn({ id: 'ann', watchlist: users.slice(1) });
  expect(statuses).toMatchObject({ event: 'pusher_internal:watchlist_events' });
  expect(new Client().signIn({ id: 'bob', watchlist: users })).toMatchObject([
    { event: 'pusher:signin_success' },
    { event: 'pusher:error', data: { code: 4302 } },
  ]);
});

it('opens the channel of the user to this client alone', () => {
  const [client, stranger] = [new Client(), new Client()];
  const channel = '#server-to-user-ann';
  expect(stranger.subscribe(channel)).toMatchObject(unauthorised);
  stranger.signIn({ id: 'bob' });
  expect(stranger.subscribe(channel)).toMatchObject(unauthorised);
  client.signIn({ id: 'ann' });
  expect(client.say('pusher:subscribe', { channel })).toMatchObject(succeeded);
  app.publish([{ name: 'e', data: '1', channels: [channel] }]);
  expect(client.take()).toEqual([{ event: 'e', channel, data: 1 }]);
  expect(stranger.take()).toEqual([]);
  expect(app.channelsStartingWith('').size, 'it is in no list of channels').toBe(0);
});

it('replaces channel_data in presence channels', () => {
  const client = new Client();
  client.signIn({ id: 'ann', user_info: { name: 'Ann' } });
  expect(client.subscribe('presence-a')).toMatchObject([
    { ...succeeded[0], data: { presence: { ids: ['ann'], hash: { ann: { name: 'Ann' } } } } },
  ]);
  expect(new Client().say('pusher:subscribe', { channel: 'presence-a' })).toMatchObject(
    unauthorised,
  );
});

it('ends with the session', () => {
  const client = new Client();
  client.signIn({ id: 'ann' });
  client.end();
  client.end();
  expect(app.size.users).toBe(0);
});
