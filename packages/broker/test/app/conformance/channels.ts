import { beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../../src/app/app.ts';
import { FakeConnection } from '../../fake-connection.ts';
import { ann, bob, subscribed, eventsOf } from './fixture.ts';
import type { MakeApp } from './fixture.ts';

const member = (n: number) => ({ userId: String(n), userInfoJson: 'null' });

export function describeChannels(make: MakeApp): void {
  let app: App;
  beforeEach(async () => {
    app = await make();
  });

  describe('subscribe', () => {
    it('confirms before any event of the channel, and misses none after', async () => {
      const connection = new FakeConnection();
      const answer = app.subscribe({ channel: 'a', connection });
      const published = app.publish([{ name: 'e', data: '1', channels: ['a'] }]);
      await answer;
      await app.publish([{ name: 'f', data: '2', channels: ['a'] }]);
      await published;
      const [first, ...events] = eventsOf(connection);
      expect(first).toBe('pusher_internal:subscription_succeeded');
      expect(['e', 'f'].slice(-events.length)).toEqual(events);
      expect(events).toContain('f');
    });

    it('accepts 100 users in a presence channel, on any number of connections', async () => {
      const channel = 'presence-a';
      for (let n = 0; n < 100; n += 1) await subscribed(app, channel, member(n));
      const refused = new FakeConnection();
      expect(await app.subscribe({ channel, connection: refused, member: member(100) })).toBe(
        'full',
      );
      expect(refused.take()).toEqual([]);
      await subscribed(app, channel, member(0));
      expect((await app.channelsNamed([channel])).get(channel)).toMatchObject({ userCount: 100 });
    });

    it('sends nothing more after unsubscribe', async () => {
      const connection = await subscribed(app, 'a');
      connection.take();
      app.unsubscribe('a', connection);
      app.unsubscribe('a', connection);
      await app.publish([{ name: 'e', data: '1', channels: ['a'] }]);
      expect(connection.take()).toEqual([]);
    });
  });

  describe('presence', () => {
    it('sends a new member the list, and the others the new member', async () => {
      const first = await subscribed(app, 'presence-a', ann);
      expect(first.take()).toEqual([
        {
          event: 'pusher_internal:subscription_succeeded',
          channel: 'presence-a',
          data: { presence: { count: 1, ids: ['ann'], hash: { ann: { name: 'Ann' } } } },
        },
      ]);

      const second = await subscribed(app, 'presence-a', bob);
      expect(first.take()).toEqual([
        {
          event: 'pusher_internal:member_added',
          channel: 'presence-a',
          data: { user_id: 'bob', user_info: null },
        },
      ]);
      expect(second.take()).toMatchObject([
        { data: { presence: { count: 2, ids: ['ann', 'bob'] } } },
      ]);
    });

    it('counts a user with several connections once, from the first to the last', async () => {
      const observer = await subscribed(app, 'presence-a', bob);
      observer.take();
      const phone = await subscribed(app, 'presence-a', ann);
      const laptop = new FakeConnection();
      const member = { userId: 'ann', userInfoJson: '"other info"' };
      await app.subscribe({ channel: 'presence-a', connection: laptop, member });
      expect(eventsOf(observer)).toEqual(['pusher_internal:member_added']);
      expect(laptop.take()).toMatchObject([
        { data: { presence: { count: 2, hash: { ann: { name: 'Ann' } } } } },
      ]);
      expect((await app.channelsNamed(['presence-a'])).get('presence-a')).toMatchObject({
        userCount: 2,
        subscriptionCount: 3,
      });
      expect(await app.userIds('presence-a')).toEqual(['bob', 'ann']);

      app.unsubscribe('presence-a', phone);
      expect(observer.take()).toEqual([]);
      app.unsubscribe('presence-a', laptop);
      expect(observer.take()).toEqual([
        {
          event: 'pusher_internal:member_removed',
          channel: 'presence-a',
          data: { user_id: 'ann' },
        },
      ]);
      expect(laptop.take(), 'a member that leaves is not sent its own leave').toEqual([]);
    });
  });

  describe('channels', () => {
    it('are occupied from the first subscription to the end of the last', async () => {
      const names = async () => [...(await app.channelsStartingWith('')).keys()];
      expect(await names()).toEqual([]);
      const [one, two] = [await subscribed(app, 'a'), await subscribed(app, 'a')];
      expect(await names()).toEqual(['a']);
      app.unsubscribe('a', one);
      expect(await names()).toEqual(['a']);
      app.unsubscribe('a', two);
      expect(await names()).toEqual([]);
      expect(await app.channelsNamed(['a'])).toEqual(new Map());
      expect(await app.userIds('presence-a')).toEqual([]);
      expect(app.size).toEqual({ connections: 0, channels: 0, users: 0 });
    });

    it('are found by name or by prefix, except those of single users', async () => {
      for (const channel of ['a', 'ab', 'b', '#server-to-user-ann']) await subscribed(app, channel);
      expect([...(await app.channelsStartingWith('a')).keys()].toSorted()).toEqual(['a', 'ab']);
      expect([...(await app.channelsStartingWith('')).keys()].toSorted()).toEqual(['a', 'ab', 'b']);
      expect(await app.channelsNamed(['b', 'unoccupied'])).toEqual(
        new Map([['b', expect.objectContaining({ subscriptionCount: 1, userCount: 0 })]]),
      );
    });
  });
}
