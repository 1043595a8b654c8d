import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { App } from '../../src/app/local-app.ts';
import { FakeConnection } from '../fake-connection.ts';

const APP = { appId: '1', key: 'key', secret: 'secret' };
const newApp = () => new App(APP);
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

describe('cache channels', () => {
  let now: number;
  let app: App;
  beforeEach(() => {
    now = 0;
    app = new App(APP, { clock: () => now });
  });

  const join = (channel: string, member = channel.startsWith('presence-') ? ann : undefined) => {
    const connection = new FakeConnection();
    app.subscribe(channel, connection, member);
    return connection.take().slice(1);
  };

  it.each(['cache-a', 'private-cache-a', 'private-encrypted-cache-a', 'presence-cache-a'])(
    '%s sends its last event to who comes later, subscribed to before or not',
    (channel) => {
      expect(join(channel)).toEqual([{ event: 'pusher:cache_miss', channel }]);
      app.publish({ name: 'e', data: '1', channels: [channel] });
      app.publish({ name: 'f', data: '2', channels: [channel] });
      expect(join(channel)).toEqual([{ event: 'f', channel, data: 2 }]);
    },
  );

  it('others send nothing of what was', () => {
    app.publish({ name: 'e', data: '1', channels: ['a'] });
    expect(join('a')).toEqual([]);
  });

  it('keep an event for 30 minutes from when it was published', () => {
    app.publish({ name: 'e', data: '1', channels: ['cache-a'] });
    now = 1_799_999;
    expect(join('cache-a')).toMatchObject([{ event: 'e' }]);
    now = 1_800_000;
    expect(join('cache-a')).toMatchObject([{ event: 'pusher:cache_miss' }]);
  });

  it('do not keep client events', () => {
    const sender = new FakeConnection();
    app.subscribe('private-cache-a', sender);
    app.relay({ event: 'client-e', channel: 'private-cache-a', data: '1', sender });
    expect(join('private-cache-a')).toMatchObject([{ event: 'pusher:cache_miss' }]);
  });
});

const countsOf = (connection: FakeConnection) =>
  connection
    .take()
    .filter(({ event }) => event === 'pusher_internal:subscription_count')
    .map(({ data }) => (data as { subscription_count: number }).subscription_count);

describe('subscription counts', () => {
  let app: App;
  beforeEach(() => {
    vi.useFakeTimers();
    app = new App({ ...APP, subscriptionCounts: true });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('are told to all at each change', () => {
    const [one, two] = [new FakeConnection(), new FakeConnection()];
    app.subscribe('a', one);
    app.subscribe('a', two);
    expect(countsOf(one)).toEqual([1, 2]);
    expect(countsOf(two)).toEqual([2]);
    app.unsubscribe('a', two);
    expect(countsOf(one)).toEqual([1]);
  });

  it('are told every 5 s above 100 subscribers', () => {
    const first = new FakeConnection();
    const others = Array.from({ length: 101 }, () => new FakeConnection());
    app.subscribe('a', first);
    for (const other of others.slice(0, 99)) app.subscribe('a', other);
    expect(countsOf(first)).toHaveLength(100);
    for (const other of others.slice(99)) app.subscribe('a', other);
    vi.advanceTimersByTime(4_999);
    expect(countsOf(first)).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(countsOf(first)).toEqual([102]);
    vi.advanceTimersByTime(60_000);
    expect(countsOf(first), 'nothing has changed').toEqual([]);
  });

  it('are told at once again when there are few enough', () => {
    const connections = Array.from({ length: 101 }, () => new FakeConnection());
    for (const connection of connections) app.subscribe('a', connection);
    const [first, last] = [connections[0], connections[100]] as [FakeConnection, FakeConnection];
    countsOf(first);
    app.unsubscribe('a', last);
    expect(countsOf(first)).toEqual([100]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are not told in presence channels, nor where the app does not want them', () => {
    const member = new FakeConnection();
    app.subscribe('presence-a', member, ann);
    expect(countsOf(member)).toEqual([]);
    const other = new FakeConnection();
    newApp().subscribe('a', other);
    expect(countsOf(other)).toEqual([]);
  });

  it('leave no timer when the app is closed', () => {
    for (let i = 0; i < 101; i += 1) app.subscribe('a', new FakeConnection());
    expect(vi.getTimerCount()).toBe(1);
    app.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('report', () => {
  it('says what happens, once each', () => {
    const reported: unknown[] = [];
    const options = { ...APP, subscriptionCounts: true };
    const app = new App(options, { report: (event) => reported.push(event) });
    const [one, two] = [new FakeConnection(), new FakeConnection()];
    const happened = () => reported.splice(0);

    app.subscribe('a', one);
    app.subscribe('a', two);
    app.unsubscribe('a', one);
    app.unsubscribe('a', two);
    expect(happened()).toEqual([
      { name: 'channel_occupied', channel: 'a' },
      { name: 'subscription_count', channel: 'a', subscription_count: 1 },
      { name: 'subscription_count', channel: 'a', subscription_count: 2 },
      { name: 'subscription_count', channel: 'a', subscription_count: 1 },
      { name: 'channel_vacated', channel: 'a' },
    ]);

    app.subscribe('presence-a', one, ann);
    app.subscribe('presence-a', two, ann);
    app.relay({ event: 'client-e', channel: 'presence-a', data: '1', sender: one });
    app.unsubscribe('presence-a', one);
    app.unsubscribe('presence-a', two);
    expect(happened()).toEqual([
      { name: 'channel_occupied', channel: 'presence-a' },
      { name: 'member_added', channel: 'presence-a', user_id: 'ann' },
      {
        name: 'client_event',
        channel: 'presence-a',
        event: 'client-e',
        data: '1',
        socket_id: one.socketId,
        user_id: 'ann',
      },
      { name: 'member_removed', channel: 'presence-a', user_id: 'ann' },
      { name: 'channel_vacated', channel: 'presence-a' },
    ]);

    app.subscribe('cache-a', one);
    app.subscribe('#server-to-user-ann', one);
    expect(happened()).toEqual([
      { name: 'channel_occupied', channel: 'cache-a' },
      { name: 'cache_miss', channel: 'cache-a' },
      { name: 'subscription_count', channel: 'cache-a', subscription_count: 1 },
    ]);
  });
});
