import { describe, expect, it } from 'vitest';
import { App } from '../src/app.ts';
import { FakeConnection } from './fake-connection.ts';

const newApp = () => new App({ appId: '1', key: 'key', secret: 'secret' });
const ann = { userId: 'ann', userInfo: { name: 'Ann' } };
const bob = { userId: 'bob', userInfo: null };

describe('publish', () => {
  it('reaches the subscribers of each channel named, and no one else', () => {
    const app = newApp();
    const [a, b, both, other] = [1, 2, 3, 4].map(() => new FakeConnection()) as [
      FakeConnection,
      FakeConnection,
      FakeConnection,
      FakeConnection,
    ];
    app.subscribe('a', a);
    app.subscribe('b', b);
    app.subscribe('a', both);
    app.subscribe('b', both);
    app.subscribe('c', other);
    for (const each of [a, b, both, other]) each.take();

    app.publish({ name: 'e', data: '{"x":1}', channels: ['a', 'b', 'nobody'] });
    expect(a.take()).toEqual([{ event: 'e', channel: 'a', data: { x: 1 } }]);
    expect(b.take()).toEqual([{ event: 'e', channel: 'b', data: { x: 1 } }]);
    expect(both.take().map((frame) => frame.channel)).toEqual(['a', 'b']);
    expect(other.take()).toEqual([]);
  });

  it('passes data on as the text it is', () => {
    const app = newApp();
    const connection = new FakeConnection();
    app.subscribe('a', connection);
    connection.take();
    app.publish({ name: 'e', data: 'no JSON', channels: ['a'] });
    expect(connection.texts).toEqual(['{"event":"e","channel":"a","data":"no JSON"}']);
  });

  it('leaves out the connection that is excluded, and only that', () => {
    const app = newApp();
    const [sender, receiver] = [new FakeConnection(), new FakeConnection()];
    app.subscribe('a', sender);
    app.subscribe('a', receiver);
    sender.take();
    receiver.take();
    app.publish({ name: 'e', data: '1', channels: ['a'], exceptSocketId: sender.socketId });
    expect(sender.take()).toEqual([]);
    expect(receiver.take()).toHaveLength(1);
  });
});

describe('presence', () => {
  it('tells a new member who is there, and the others of the new member', () => {
    const app = newApp();
    const [first, second] = [new FakeConnection(), new FakeConnection()];
    app.subscribe('presence-a', first, ann);
    expect(first.take()).toEqual([
      {
        event: 'pusher_internal:subscription_succeeded',
        channel: 'presence-a',
        data: { presence: { count: 1, ids: ['ann'], hash: { ann: { name: 'Ann' } } } },
      },
    ]);

    app.subscribe('presence-a', second, bob);
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

  it('counts a user with several connections once, from the first to the last', () => {
    const app = newApp();
    const [observer, phone, laptop] = [1, 2, 3].map(() => new FakeConnection()) as [
      FakeConnection,
      FakeConnection,
      FakeConnection,
    ];
    app.subscribe('presence-a', observer, bob);
    observer.take();

    app.subscribe('presence-a', phone, ann);
    app.subscribe('presence-a', laptop, { userId: 'ann', userInfo: 'other info' });
    expect(observer.take().map(({ event }) => event)).toEqual(['pusher_internal:member_added']);
    expect(laptop.take()).toMatchObject([
      { data: { presence: { count: 2, hash: { ann: { name: 'Ann' } } } } },
    ]);
    expect(app.channel('presence-a')?.userCount).toBe(2);
    expect(app.channel('presence-a')?.subscriptionCount).toBe(3);

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
    expect(laptop.take(), 'one who leaves does not hear of it').toEqual([]);
  });
});

describe('channels', () => {
  it('are there from the first subscription to the end of the last', () => {
    const app = newApp();
    const [one, two] = [new FakeConnection(), new FakeConnection()];
    const names = () => Array.from(app.channels(), ({ name }) => name);
    expect(names()).toEqual([]);
    app.subscribe('a', one);
    app.subscribe('a', two);
    expect(names()).toEqual(['a']);
    app.unsubscribe('a', one);
    expect(names()).toEqual(['a']);
    app.unsubscribe('a', two);
    expect(names()).toEqual([]);
    expect(app.channel('a')).toBeUndefined();
  });
});
