import { beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../../src/app/app.ts';
import { ann, bob, subscribed } from './fixture.ts';
import type { MakeApp } from './fixture.ts';

const event = (n: number) => ({ name: 'e', data: String(n), channels: ['a'] });

export function describeEvents(make: MakeApp): void {
  let app: App;
  beforeEach(async () => {
    app = await make();
  });

  /** What a new subscriber is sent after the confirmation. */
  const join = async (channel: string) => {
    const connection = await subscribed(app,
 channel,
      channel.startsWith('presence-') ? ann : undefined,
    );
    return connection.take().slice(1);
  };

  describe('publish', () => {
    it('reaches the subscribers of each channel named, and no others', async () => {
      const [a, b, both, other] = [
        await subscribed(app, 'a'),
        await subscribed(app, 'b'),
        await subscribed(app, 'a'),
        await subscribed(app, 'c'),
      ];
      await app.subscribe({ channel: 'b', connection: both });
      for (const connection of [a, b, both, other]) connection.take();

      await app.publish([{ name: 'e', data: '{"x":1}', channels: ['a', 'b', 'unoccupied'] }]);
      expect(a.take()).toEqual([{ event: 'e', channel: 'a', data: { x: 1 } }]);
      expect(b.take()).toEqual([{ event: 'e', channel: 'b', data: { x: 1 } }]);
      expect(new Set(both.take().map(({ channel }) => channel))).toEqual(new Set(['a', 'b']));
      expect(other.take()).toEqual([]);
    });

    it('passes data on unchanged', async () => {
      const connection = await subscribed(app, 'a');
      connection.take();
      await app.publish([{ name: 'e', data: 'no JSON', channels: ['a'] }]);
      expect(connection.texts).toEqual(['{"event":"e","channel":"a","data":"no JSON"}']);
    });

    it('leaves out the connection that is excluded, and only that', async () => {
      const [sender, receiver] = [await subscribed(app, 'a'), await subscribed(app, 'a')];
      for (const connection of [sender, receiver]) connection.take();
      const exceptSocketId = sender.socketId;
      await app.publish([{ name: 'e', data: '1', channels: ['a'], exceptSocketId }]);
      expect(sender.take()).toEqual([]);
      expect(receiver.take()).toHaveLength(1);
    });

    it('delivers to a channel in the order of the calls, answered or not, and each event once', async () => {
      const connection = await subscribed(app, 'a');
      connection.take();
      const sender = await subscribed(app, 'a');
      await Promise.all([
        app.publish([event(0), event(1)]),
        app.publish([{ ...event(2), channels: ['b', 'c', 'a', 'd'] }]),
        app.publish([event(3)]),
        app.publish([{ ...event(4), channels: ['b', 'c', 'a', 'd'] }]),
        app.relay({ event: 'client-e', channel: 'a', data: '5', sender }),
        app.publish([event(6)]),
      ]);
      expect(connection.take().map(({ data }) => data)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    });
  });

  describe('relay', () => {
    it('reaches the other subscribers, with the user who sent it in presence channels', async () => {
      const [sender, receiver] = [
        await subscribed(app, 'presence-a', ann),
        await subscribed(app, 'presence-a', bob),
      ];
      for (const connection of [sender, receiver]) connection.take();
      await app.relay({ event: 'client-e', channel: 'presence-a', data: '1', sender });
      expect(receiver.take()).toEqual([
        { event: 'client-e', channel: 'presence-a', data: 1, user_id: 'ann' },
      ]);
      expect(sender.take()).toEqual([]);
    });
  });

  describe('cache channels', () => {
    it.each(['cache-a', 'private-cache-a', 'private-encrypted-cache-a', 'presence-cache-a'])(
      '%s sends its last event to later subscribers, whether or not it was occupied',
      async (channel) => {
        expect(await join(channel)).toEqual([{ event: 'pusher:cache_miss', channel }]);
        await app.publish([{ name: 'e', data: '1', channels: [channel] }]);
        await app.publish([{ name: 'f', data: '2', channels: [channel] }]);
        expect(await join(channel)).toEqual([{ event: 'f', channel, data: 2 }]);
      },
    );

    it('send nothing if they are not cache channels', async () => {
      await app.publish([{ name: 'e', data: '1', channels: ['a'] }]);
      expect(await join('a')).toEqual([]);
    });

    it('keep an event for 30 minutes from when it was published', async () => {
      let now = 0;
      app = await make({ clock: () => now });
      await app.publish([{ name: 'e', data: '1', channels: ['cache-a'] }]);
      now = 1_799_999;
      expect(await join('cache-a')).toMatchObject([{ event: 'e' }]);
      expect(await app.lastEvent('cache-a')).toEqual({ name: 'e', data: '1', ttl: 1 });
      now = 1_800_000;
      expect(await join('cache-a')).toMatchObject([{ event: 'pusher:cache_miss' }]);
      expect(await app.lastEvent('cache-a')).toBeUndefined();
    });

    it('do not keep client events', async () => {
      const sender = await subscribed(app, 'private-cache-a');
      await app.relay({ event: 'client-e', channel: 'private-cache-a', data: '1', sender });
      expect(await join('private-cache-a')).toMatchObject([{ event: 'pusher:cache_miss' }]);
    });
  });
}
