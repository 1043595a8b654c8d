import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LocalApp } from '../../src/app/local-app.ts';
import type { WebhookEvent } from '../../src/webhook-event.ts';
import { FakeConnection } from '../fake-connection.ts';
import { describeApp } from './conformance/describe-app.ts';
import { ann, bob, subscribed } from './conformance/fixture.ts';
import { newApp } from './new-app.ts';

describe('an app in this process', () => {
  describeApp(newApp);

  it('answers at once', () => {
    const app = newApp();
    const connection = new FakeConnection();
    expect(app.subscribe({ channel: 'a', connection })).toBe('subscribed');
    expect(app.publish([{ name: 'e', data: '1', channels: ['a'] }])).toBeUndefined();
  });
});

const countsOf = (connection: FakeConnection) =>
  connection
    .take()
    .filter(({ event }) => event === 'pusher_internal:subscription_count')
    .map(({ data }) => (data as { subscription_count: number }).subscription_count);

describe('subscription counts', () => {
  let app: LocalApp;
  beforeEach(() => {
    vi.useFakeTimers();
    app = newApp({ options: { subscriptionCounts: true } });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const subscribe = (connection: FakeConnection) => app.subscribe({ channel: 'a', connection });
  it('are sent to all subscribers at each change', () => {
    const [one, two] = [new FakeConnection(), new FakeConnection()];
    subscribe(one);
    subscribe(two);
    expect(countsOf(one)).toEqual([1, 2]);
    expect(countsOf(two)).toEqual([2]);
    app.unsubscribe('a', two);
    expect(countsOf(one)).toEqual([1]);
  });

  it('are sent every 5 s above 100 subscribers', () => {
    const first = new FakeConnection();
    const others = Array.from({ length: 101 }, () => new FakeConnection());
    subscribe(first);
    for (const other of others.slice(0, 99)) subscribe(other);
    expect(countsOf(first)).toHaveLength(100);
    for (const other of others.slice(99)) subscribe(other);
    vi.advanceTimersByTime(4_999);
    expect(countsOf(first)).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(countsOf(first)).toEqual([102]);
    vi.advanceTimersByTime(60_000);
    expect(countsOf(first), 'nothing has changed').toEqual([]);
  });

  it('are sent at once again when there are few enough subscribers', () => {
    const connections = Array.from({ length: 101 }, () => new FakeConnection());
    for (const connection of connections) subscribe(connection);
    const [first, last] = [connections[0], connections[100]] as [FakeConnection, FakeConnection];
    countsOf(first);
    app.unsubscribe('a', last);
    expect(countsOf(first)).toEqual([100]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are not sent in presence channels, nor unless the app asks for them', () => {
    const member = { userId: 'ann', userInfoJson: 'null' };
    const [inPresence, inOther] = [new FakeConnection(), new FakeConnection()];
    app.subscribe({ channel: 'presence-a', connection: inPresence, member });
    expect(countsOf(inPresence)).toEqual([]);
    newApp().subscribe({ channel: 'a', connection: inOther });
    expect(countsOf(inOther)).toEqual([]);
  });

  it('are not sent of a channel that was vacated meanwhile', () => {
    const reported: WebhookEvent[] = [];
    const report = (event: WebhookEvent) => void reported.push(event);
    app = newApp({ options: { subscriptionCounts: true }, report });
    app.setSubscriptionsElsewhere('node', 'a', 150);
    app.setSubscriptionsElsewhere('node', 'a', 0);
    const connection = new FakeConnection();
    subscribe(connection);
    vi.advanceTimersByTime(60_000);
    expect(countsOf(connection)).toEqual([1]);
    const counts = reported.filter(({ name }) => name === 'subscription_count');
    expect(counts).toMatchObject([{ subscription_count: 1 }]);
  });

  it('leave no timer when the app is closed', () => {
    for (let i = 0; i < 101; i += 1) subscribe(new FakeConnection());
    expect(vi.getTimerCount()).toBe(1);
    app.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a member on another node that is said to have another info', () => {
  const renamed = { ...ann, userInfoJson: '{"name":"Anna"}' };

  async function startWatched() {
    const reported: string[] = [];
    const app = newApp({ report: ({ name }) => void reported.push(name) });
    app.addMemberElsewhere('one', 'presence-a', ann);
    const watching = await subscribed(app, 'presence-a', bob);
    /** What the change has caused. */
    const rename = () => {
      watching.take();
      reported.length = 0;
      app.addMemberElsewhere('one', 'presence-a', renamed);
      return { sent: watching.take(), reported, members: app.members('presence-a') };
    };
    return { app, rename };
  }

  it('is announced as gone, and anew', async () => {
    const { rename } = await startWatched();
    const { sent, reported, members } = rename();
    expect(sent.map(({ event, data }) => [event, data])).toEqual([
      ['pusher_internal:member_removed', { user_id: 'ann' }],
      ['pusher_internal:member_added', { user_id: 'ann', user_info: { name: 'Anna' } }],
    ]);
    expect(reported).toEqual(['member_removed', 'member_added']);
    expect(members).toEqual([bob, renamed]);
  });

  it.each([
    ['a third node', (app: LocalApp) => app.addMemberElsewhere('two', 'presence-a', ann)],
    [
      'this node',
      (app: LocalApp) =>
        app.subscribe({ channel: 'presence-a', connection: new FakeConnection(), member: ann }),
    ],
  ])('stays as it is while it is on %s, too', async (_, join) => {
    const { app, rename } = await startWatched();
    join(app);
    expect(rename()).toEqual({ sent: [], reported: [], members: [ann, bob] });
  });

  it('leaves no channel vacated in between if it is alone', () => {
    const reported: string[] = [];
    const app = newApp({ report: ({ name }) => void reported.push(name) });
    for (const member of [ann, renamed]) app.addMemberElsewhere('one', 'presence-a', member);
    expect(reported).toEqual([
      'channel_occupied',
      'member_added',
      'member_removed',
      'member_added',
    ]);
  });
});
