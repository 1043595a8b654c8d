import { beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../../src/app/app.ts';
import type { WebhookEvent } from '../../../src/webhook-event.ts';
import { ann, signedIn, subscribed } from './fixture.ts';
import type { MakeApp } from './fixture.ts';

export function describeUsers(make: MakeApp): void {
  let app: App;
  beforeEach(async () => {
    app = await make();
  });

  describe('users', () => {
    it('are sent at sign-in who of their watchlist is online', async () => {
      await signedIn(app, 'bob');
      const { connection } = await signedIn(app, 'ann', 'bob', 'eve');
      expect(connection.take()).toEqual([
        { event: 'pusher:signin_success', data: { user_data: '{"id":"ann"}' } },
        {
          event: 'pusher_internal:watchlist_events',
          data: {
            events: [
              { name: 'online', user_ids: ['bob'] },
              { name: 'offline', user_ids: ['eve'] },
            ],
          },
        },
      ]);
    });

    it('are online from their first connection to the end of their last', async () => {
      const watcher = await signedIn(app, 'ann', 'bob');
      watcher.connection.take();
      const [phone, laptop] = [await signedIn(app, 'bob'), await signedIn(app, 'bob')];
      const changes = () =>
        watcher.connection
          .take()
          .flatMap(({ data }) => (data as { events: { name: string }[] }).events)
          .map(({ name }) => name);
      expect(changes()).toEqual(['online']);
      expect(app.size.users).toBe(2);
      app.signOut(phone.user, phone.connection);
      expect(changes()).toEqual([]);
      app.signOut(laptop.user, laptop.connection);
      expect(changes()).toEqual(['offline']);
      expect(app.size.users).toBe(1);
    });

    it('lose all their connections, and no others, by terminateConnections', async () => {
      const [ann, alsoAnn, bob] = [
        await signedIn(app, 'ann'),
        await signedIn(app, 'ann'),
        await signedIn(app, 'bob'),
      ];
      await app.terminateConnections('ann');
      await app.terminateConnections('unknown');
      expect([ann, alsoAnn, bob].map(({ connection }) => connection.closed)).toEqual([
        4009,
        4009,
        undefined,
      ]);
    });
  });

  describe('connections', () => {
    it('are limited by maxConnections', async () => {
      app = await make({ options: { maxConnections: 1 } });
      expect(app.hasRoom).toBe(true);
      app.connectionOpened();
      expect([app.hasRoom, app.size.connections]).toEqual([false, 1]);
      app.connectionClosed();
      expect([app.hasRoom, app.size.connections]).toEqual([true, 0]);
    });
  });

  describe('report', () => {
    it('gets each event once', async () => {
      const reported: WebhookEvent[] = [];
      app = await make({
        options: { subscriptionCounts: true },
        report: (event) => reported.push(event),
      });
      const take = () => reported.splice(0);

      const [one, two] = [await subscribed(app, 'a'), await subscribed(app, 'a')];
      app.unsubscribe('a', one);
      app.unsubscribe('a', two);
      expect(take()).toEqual([
        { name: 'channel_occupied', channel: 'a' },
        { name: 'subscription_count', channel: 'a', subscription_count: 1 },
        { name: 'subscription_count', channel: 'a', subscription_count: 2 },
        { name: 'subscription_count', channel: 'a', subscription_count: 1 },
        { name: 'channel_vacated', channel: 'a' },
      ]);

      const [three, four] = [
        await subscribed(app, 'presence-a', ann),
        await subscribed(app, 'presence-a', ann),
      ];
      await app.relay({ event: 'client-e', channel: 'presence-a', data: '1', sender: three });
      app.unsubscribe('presence-a', three);
      app.unsubscribe('presence-a', four);
      expect(take()).toEqual([
        { name: 'channel_occupied', channel: 'presence-a' },
        { name: 'member_added', channel: 'presence-a', user_id: 'ann' },
        {
          name: 'client_event',
          channel: 'presence-a',
          event: 'client-e',
          data: '1',
          socket_id: three.socketId,
          user_id: 'ann',
        },
        { name: 'member_removed', channel: 'presence-a', user_id: 'ann' },
        { name: 'channel_vacated', channel: 'presence-a' },
      ]);

      await subscribed(app, 'cache-a');
      await subscribed(app, '#server-to-user-ann');
      expect(take()).toEqual([
        { name: 'channel_occupied', channel: 'cache-a' },
        { name: 'cache_miss', channel: 'cache-a' },
        { name: 'subscription_count', channel: 'cache-a', subscription_count: 1 },
      ]);
    });
  });
}
