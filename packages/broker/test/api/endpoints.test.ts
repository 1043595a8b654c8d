import { beforeEach, describe, expect, it } from 'vitest';
import {
  getChannel,
  getChannels,
  getUsers,
  postBatchEvents,
  postEvents,
  terminateConnections,
} from '../../src/api/endpoints.ts';
import type { Endpoint } from '../../src/api/endpoints.ts';
import type { App } from '../../src/app/app.ts';
import type { LocalApp } from '../../src/app/local-app.ts';
import { LateApp, unevenDelay } from '../app/late-app.ts';
import { newApp } from '../app/new-app.ts';
import { FakeConnection } from '../fake-connection.ts';

let app: LocalApp;
let subscriber: FakeConnection;

type Fields = { body?: unknown; subject?: string; query?: Record<string, string> };

const refused = (status: number, message: RegExp) =>
  expect.objectContaining({ status, message: expect.stringMatching(message) as string });

const event = { name: 'e', data: '{"x":1}', channel: 'a' };

beforeEach(() => {
  app = newApp();
  subscriber = new FakeConnection();
  app.subscribe({ channel: 'a', connection: subscriber });
  app.subscribe({ channel: 'b', connection: subscriber });
  app.subscribe({
    channel: 'presence-a',
    connection: subscriber,
    member: { userId: 'ann', userInfoJson: 'null' },
  });
  app.subscribe({
    channel: 'presence-a',
    connection: new FakeConnection(),
    member: { userId: 'ann', userInfoJson: 'null' },
  });
  subscriber.take();
});

describe.each([
  ['at once', (local: LocalApp): App => local],
  ['later', (local: LocalApp): App => new LateApp(local, unevenDelay)],
])('with an app that answers %s', (_when, served) => {
  const call = async (endpoint: Endpoint, { body, subject = '', query = {} }: Fields) =>
    endpoint({ app: served(app), body, subject, query: new Map(Object.entries(query)) });

  describe('postEvents', () => {
    it('publishes to one channel or several', async () => {
      expect(await call(postEvents, { body: event })).toEqual({});
      expect(await call(postEvents, { body: { ...event, channels: ['a', 'b', 'a'] } })).toEqual({});
      const channels = subscriber.take().map(({ channel }) => channel);
      expect(channels).toHaveLength(3);
      expect(new Set(channels)).toEqual(new Set(['a', 'b']));
    });

    it('does not send to the connection of socket_id', async () => {
      await call(postEvents, { body: { ...event, socket_id: subscriber.socketId } });
      expect(subscriber.take()).toEqual([]);
      await call(postEvents, { body: { ...event, socket_id: null } });
      expect(subscriber.take()).toHaveLength(1);
    });

    it('answers with the requested info of each channel', async () => {
      const channels = ['a', 'presence-a', 'unoccupied', 'presence-unoccupied'];
      const info = 'user_count,subscription_count';
      expect(await call(postEvents, { body: { ...event, channels, info } })).toEqual({
        channels: {
          a: { subscription_count: 1 },
          'presence-a': { user_count: 1, subscription_count: 2 },
          unoccupied: { subscription_count: 0 },
          'presence-unoccupied': { user_count: 0, subscription_count: 0 },
        },
      });
    });

    it('accepts events at the limits', async () => {
      const channels = Array.from({ length: 100 }, (_, i) => `c${i}`);
      const body = { name: 'n'.repeat(200), data: 'x'.repeat(10_240), channels };
      expect(await call(postEvents, { body })).toEqual({});
      expect(await call(postEvents, { body: { ...event, channel: 'c'.repeat(200) } })).toEqual({});
    });

    it.each([
      ['no JSON', undefined, 400, /body must be a JSON object/],
      ['a list', [event], 400, /body must be a JSON object/],
      ['no name', { ...event, name: undefined }, 400, /name must be 1 to 200/],
      ['an empty name', { ...event, name: '' }, 400, /name must be 1 to 200/],
      ['a name too long', { ...event, name: 'n'.repeat(201) }, 400, /name must be 1 to 200/],
      ["the broker's names", { ...event, name: 'pusher:error' }, 400, /reserved/],
      ['internal names', { ...event, name: 'pusher_internal:member_added' }, 400, /reserved/],
      ['no data', { ...event, data: undefined }, 400, /data must be a string/],
      ['data that is no text', { ...event, data: { x: 1 } }, 400, /data must be a string/],
      ['data too large', { ...event, data: 'x'.repeat(10_241) }, 413, /larger than 10240/],
      ['data too large in bytes', { ...event, data: `${'x'.repeat(10_239)}é` }, 413, /larger/],
      ['no channel', { ...event, channel: undefined }, 400, /channel is missing/],
      ['a bad channel', { ...event, channel: 'a b' }, 400, /channel is "a b"/],
      ['a channel too long', { ...event, channel: 'c'.repeat(201) }, 400, /1 to 200 of/],
      ['channels that are no list', { ...event, channels: 'a' }, 400, /must be a list/],
      ['no channels', { ...event, channels: [] }, 400, /must be a list/],
      ['one bad channel', { ...event, channels: ['a', '#b'] }, 400, /channel is "#b"/],
      ['too many channels', { ...event, channels: Array(101).fill('a') }, 400, /at most 100/],
      ['a bad socket_id', { ...event, socket_id: '1' }, 400, /socket_id is "1"/],
      ['an unknown info', { ...event, info: 'user_count,cats' }, 400, /info must be of/],
      ['info that is no text', { ...event, info: ['user_count'] }, 400, /info must be of/],
    ])('refuses %s and publishes nothing', async (_name, body, status, message) => {
      await expect(call(postEvents, { body })).rejects.toEqual(refused(status, message));
      expect(subscriber.take()).toEqual([]);
    });
  });

  describe('postEvents to users and to encrypted channels', () => {
    it('reaches the channel of a user', async () => {
      app.subscribe({ channel: '#server-to-user-ann', connection: subscriber });
      subscriber.take();
      await call(postEvents, { body: { ...event, channels: ['#server-to-user-ann'] } });
      expect(subscriber.take()).toMatchObject([{ channel: '#server-to-user-ann' }]);
    });

    it('accepts an event for an encrypted channel only if it is the only channel', async () => {
      const channels = ['private-encrypted-a', 'private-encrypted-a'];
      expect(await call(postEvents, { body: { ...event, channels } })).toEqual({});
      await expect(
        call(postEvents, { body: { ...event, channels: ['private-encrypted-a', 'a'] } }),
      ).rejects.toEqual(refused(400, /that channel only/));
      const batch = channels.map((channel) => ({ ...event, channel }));
      expect(await call(postBatchEvents, { body: { batch } })).toEqual({});
    });
  });

  describe('terminateConnections', () => {
    it('closes the connections of a signed-in user with 4009', async () => {
      const [ann, alsoAnn, bob] = [1, 2, 3].map(() => new FakeConnection()) as [
        FakeConnection,
        FakeConnection,
        FakeConnection,
      ];
      const user = { id: 'ann', infoJson: 'null', watchlist: [] };
      app.signIn({ user, userData: '{}', connection: ann });
      app.signIn({ user, userData: '{}', connection: alsoAnn });
      app.signIn({ user: { ...user, id: 'bob' }, userData: '{}', connection: bob });
      expect(await call(terminateConnections, { subject: 'ann' })).toEqual({});
      expect([ann.closed, alsoAnn.closed, bob.closed]).toEqual([4009, 4009, undefined]);
      expect(await call(terminateConnections, { subject: 'unoccupied' })).toEqual({});
      expect(subscriber.closed, 'being a member is not being signed in').toBeUndefined();
    });
  });

  describe('postBatchEvents', () => {
    it('publishes up to ten events, in order', async () => {
      const batch = Array.from({ length: 10 }, (_, i) => ({ ...event, data: String(i) }));
      expect(await call(postBatchEvents, { body: { batch } })).toEqual({});
      expect(subscriber.take().map(({ data }) => data)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    it('answers with the requested info by index', async () => {
      const batch = [event, { ...event, channel: 'presence-a', info: 'user_count' }];
      expect(await call(postBatchEvents, { body: { batch } })).toEqual({
        batch: [{}, { user_count: 1 }],
      });
    });

    it.each([
      ['no batch', {}, 400, /list of events/],
      ['an empty batch', { batch: [] }, 400, /list of events/],
      ['eleven events', { batch: Array.from({ length: 11 }, () => event) }, 400, /at most 10/],
      ['an event that is none', { batch: [event, null] }, 400, /an event of the batch/],
      ['several channels', { batch: [{ ...event, channel: ['a'] }] }, 400, /channel is a list/],
      ['one bad event', { batch: [event, { ...event, data: 1 }] }, 400, /data must be a string/],
      ['one too large', { batch: [event, { ...event, data: 'x'.repeat(10_241) }] }, 413, /larger/],
    ])('refuses %s and publishes nothing', async (_name, body, status, message) => {
      await expect(call(postBatchEvents, { body })).rejects.toEqual(refused(status, message));
      expect(subscriber.take()).toEqual([]);
    });
  });

  describe('getChannels', () => {
    it('lists the occupied channels', async () => {
      expect(await call(getChannels, {})).toEqual({ channels: { a: {}, b: {}, 'presence-a': {} } });
      expect(await call(getChannels, { query: { filter_by_prefix: 'b' } })).toEqual({
        channels: { b: {} },
      });
      expect(await call(getChannels, { query: { filter_by_prefix: 'c' } })).toEqual({
        channels: {},
      });
    });

    it('counts users of presence channels', async () => {
      const query = { filter_by_prefix: 'presence-', info: 'user_count' };
      expect(await call(getChannels, { query })).toEqual({
        channels: { 'presence-a': { user_count: 1 } },
      });
    });

    it.each([
      [{ info: 'user_count' }, /filter_by_prefix/],
      [{ info: 'user_count', filter_by_prefix: 'presence' }, /filter_by_prefix/],
      [{ info: 'subscription_count' }, /info must be of user_count,/],
    ])('refuses %j', async (query, message) => {
      await expect(call(getChannels, { query })).rejects.toEqual(refused(400, message));
    });
  });

  const askCache = () => call(getChannel, { subject: 'cache-a', query: { info: 'cache' } });

  describe('getChannel', () => {
    it.each([
      ['a', {}, { occupied: true }],
      ['unoccupied', {}, { occupied: false }],
      ['a', { info: 'subscription_count' }, { occupied: true, subscription_count: 1 }],
      [
        'presence-a',
        { info: 'user_count,subscription_count' },
        { occupied: true, user_count: 1, subscription_count: 2 },
      ],
      ['presence-b', { info: 'user_count' }, { occupied: false, user_count: 0 }],
    ])('answers for %s with %j', async (channel, query, answer) => {
      expect(await call(getChannel, { subject: channel, query })).toEqual(answer);
    });

    it('answers with the last event of a cache channel and its ttl', async () => {
      let now = 0;
      app = newApp({ clock: () => now });
      expect(await askCache()).toEqual({ occupied: false, cache: null });
      app.publish([{ name: 'e', data: '{"x":1}', channels: ['cache-a'] }]);
      now = 60_500;
      expect(await askCache()).toEqual({ occupied: false, cache: { data: '{"x":1}', ttl: 1_740 } });
      now = 1_800_000;
      expect(await askCache()).toEqual({ occupied: false, cache: null });
    });

    it.each([
      ['a b', {}, /channel is "a b"/],
      ['a', { info: 'cache' }, /only cache channels/],
      ['#server-to-user-ann', {}, /channel is "#/],
      ['a', { info: 'user_count' }, /have user_count/],
      ['a', { info: 'cats' }, /info must be of/],
    ])('refuses %s with %j', async (channel, query, message) => {
      await expect(call(getChannel, { subject: channel, query })).rejects.toEqual(
        refused(400, message),
      );
    });
  });

  describe('getUsers', () => {
    it('lists each user once', async () => {
      expect(await call(getUsers, { subject: 'presence-a' })).toEqual({ users: [{ id: 'ann' }] });
      expect(await call(getUsers, { subject: 'presence-b' })).toEqual({ users: [] });
    });

    it.each(['a', 'private-a', 'presence-a b'])('refuses %s', async (channel) => {
      await expect(call(getUsers, { subject: channel })).rejects.toEqual(refused(400, /channel/));
    });
  });
});
