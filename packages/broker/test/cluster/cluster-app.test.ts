import { EventEmitter, once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { App } from '../../src/app/app.ts';
import { Counters } from '../../src/app/counters.ts';
import { MemoryEngine } from '../../src/cluster/bus/memory-bus.ts';
import type { MemoryBus } from '../../src/cluster/bus/memory-bus.ts';
import { ClusterApp } from '../../src/cluster/cluster-app.ts';
import type { ClusterNode } from '../../src/cluster/cluster-node.ts';
import type { WebhookEvent } from '../../src/webhook-event.ts';
import { ann, bob, eventsOf, signedIn, subscribed } from '../app/conformance/fixture.ts';
import type { MakeApp } from '../app/conformance/fixture.ts';
import { describeApp } from '../app/conformance/describe-app.ts';
import { APP } from '../app/new-app.ts';
import { FakeConnection } from '../fake-connection.ts';
import { openNode } from './open-node.ts';

interface Node {
  readonly app: App;
  readonly node: ClusterNode;
  readonly bus: MemoryBus;
  readonly reported: WebhookEvent[];
  /** Ends without a word. */
  readonly kill: () => Promise<void>;
}

async function startNode(engine: MemoryEngine, ...[made = {}]: Parameters<MakeApp>): Promise<Node> {
  const { node, bus } = openNode(engine, made.clock && { clock: made.clock });
  const reported: WebhookEvent[] = [];
  const report = made.report ?? ((event: WebhookEvent) => void reported.push(event));
  const environment = { counters: new Counters(), report };
  const app = new ClusterApp({ ...APP, ...made.options }, environment, node, made.clock);
  const kill = async (): Promise<void> => {
    await node.close();
    app.close();
  };
  onTestFinished(kill);
  await app.open();
  return { app, node, bus, reported, kill };
}

describe('an app on one of two nodes', () => {
  describeApp(async (made) => {
    const engine = new MemoryEngine();
    const node = startNode(engine, made);
    // The other node would report its share of the events.
    if (made?.report === undefined) await startNode(engine);
    return (await node).app;
  });
});

const COUNT = expect.objectContaining({ subscriptionCount: 2, userCount: 2 });

async function startTwo() {
  const engine = new MemoryEngine();
  return [await startNode(engine), await startNode(engine)] as const;
}

/** Time passes only as a test says. */
async function startOne() {
  const [one] = await startTwo();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  return { app: one.app, unlisten: vi.spyOn(one.bus, 'unlisten') };
}

/** Has messages with a word wait until something is over, or fail with it. */
function delay(bus: MemoryBus, word: string, until: () => Promise<unknown>) {
  const publish = bus.publish.bind(bus);
  vi.spyOn(bus, 'publish').mockImplementation(async (subject, message) => {
    if (message.includes(word)) await until();
    return publish(subject, message);
  });
}

function publishCached(app: App, name: string) {
  return app.publish([{ name, data: '1', channels: ['cache-a'] }]);
}

describe('two nodes', () => {
  it('deliver what is published on one to the subscribers of both', async () => {
    const [one, other] = await startTwo();
    const here = await subscribed(one.app, 'a');
    const there = await subscribed(other.app, 'a');
    await one.app.publish([{ name: 'e', data: '1', channels: ['a', 'b'] }]);
    expect(eventsOf(here).slice(1)).toEqual(['e']);
    await expect.poll(() => eventsOf(there)).toContain('e');
  });

  it.each([
    [
      'an event',
      (app: App) => app.publish([{ name: 'second', data: '1', channels: ['private-a'] }]),
    ],
    [
      'a client event',
      (app: App, sender: FakeConnection) =>
        app.relay({ event: 'second', channel: 'private-a', data: '1', sender }),
    ],
  ])('deliver %s after the one before, which another channel still holds up', async (_, send) => {
    const [one, other] = await startTwo();
    const sender = await subscribed(one.app, 'private-a');
    const here = await subscribed(one.app, 'private-a');
    const there = await subscribed(other.app, 'private-a');
    const gate = new EventEmitter();
    const opened = once(gate, 'open');
    delay(one.bus, 'slow', () => opened);
    const first = one.app.publish([{ name: 'first', data: '1', channels: ['slow', 'private-a'] }]);
    await send(one.app, sender);
    await expect.poll(() => there.texts.length).toBe(3);
    expect(eventsOf(there).slice(1)).toEqual(['first', 'second']);
    expect(eventsOf(here).slice(1)).toEqual(['first', 'second']);
    gate.emit('open');
    await first;
  });

  it('deliver what follows an event that is refused', async () => {
    const [one, other] = await startTwo();
    const here = await subscribed(one.app, 'a');
    const there = await subscribed(other.app, 'a');
    delay(one.bus, 'first', () => Promise.reject(new RangeError('too long')));
    const publish = async (name: string) => one.app.publish([{ name, data: '1', channels: ['a'] }]);
    const refused = expect(publish('first')).rejects.toThrow('too long');
    // At the end of the turn it is on its way, and what follows goes by itself.
    await setImmediate();
    await publish('second');
    await refused;
    expect(eventsOf(here).slice(1)).toEqual(['second']);
    await expect.poll(() => eventsOf(there)).toContain('second');
  });

  it('have one list of members', async () => {
    const [one, other] = await startTwo();
    const here = await subscribed(one.app, 'presence-a', ann);
    await expect.poll(() => other.app.userIds('presence-a')).toEqual(['ann']);
    const there = await subscribed(other.app, 'presence-a', bob);
    expect(there.take()[0]?.data).toMatchObject({ presence: { ids: ['ann', 'bob'] } });
    await expect.poll(() => eventsOf(here)).toContain('pusher_internal:member_added');
    await expect
      .poll(() => one.app.channelsNamed(['presence-a']))
      .toEqual(new Map([['presence-a', COUNT]]));
    other.app.unsubscribe('presence-a', there);
    await expect.poll(() => eventsOf(here)).toContain('pusher_internal:member_removed');
  });

  it('announce no member as gone that has moved from one to the other', async () => {
    const [one, other] = await startTwo();
    const watching = await subscribed(one.app, 'presence-a', ann);
    const before = await subscribed(one.app, 'presence-a', bob);
    await expect.poll(() => other.app.userIds('presence-a')).toEqual(['ann', 'bob']);
    await subscribed(other.app, 'presence-a', bob);
    await expect
      .poll(() => one.app.channelsNamed(['presence-a']))
      .toEqual(new Map([['presence-a', expect.objectContaining({ subscriptionCount: 3 })]]));
    one.app.unsubscribe('presence-a', before);
    expect(eventsOf(watching)).not.toContain('pusher_internal:member_removed');
  });

  it('announce a member anew that has left and come back in one turn with another info', async () => {
    const [one, other] = await startTwo();
    const there = await subscribed(other.app, 'presence-a', ann);
    await expect.poll(() => one.app.userIds('presence-a')).toEqual(['ann']);
    const before = await subscribed(one.app, 'presence-a', bob);
    await expect.poll(() => eventsOf(there)).toContain('pusher_internal:member_added');
    const renamed = { ...bob, userInfoJson: '{"name":"Bob"}' };
    const reported = [one, other].map((node) => node.reported.length);
    one.app.unsubscribe('presence-a', before);
    await subscribed(one.app, 'presence-a', renamed);
    await expect.poll(() => other.app.members('presence-a')).toEqual([ann, renamed]);
    expect(eventsOf(there)).toEqual([
      'pusher_internal:member_removed',
      'pusher_internal:member_added',
    ]);
    const news = [one, other].flatMap((node, index) => node.reported.slice(reported[index]));
    expect(news.map(({ name }) => name)).toEqual(['member_removed', 'member_added']);
  });

  it('drop the members of a node that was killed', async () => {
    const [one, other] = await startTwo();
    const here = await subscribed(one.app, 'presence-a', ann);
    await subscribed(other.app, 'presence-a', bob);
    await expect.poll(() => one.app.userIds('presence-a')).toEqual(['ann', 'bob']);
    await other.kill();
    await expect.poll(() => eventsOf(here)).toContain('pusher_internal:member_removed');
    expect(one.app.userIds('presence-a')).toEqual(['ann']);
  });

  it('refuse what they cannot say to each other, and make up for what they missed', async () => {
    const [one, other] = await startTwo();
    const there = await subscribed(other.app, 'a');
    other.bus.cut();
    await one.app.publish([{ name: 'e', data: '1', channels: ['a'] }]);
    await expect(async () =>
      other.app.publish([{ name: 'f', data: '1', channels: ['a'] }]),
    ).rejects.toThrow('cannot be reached');
    const joined = await subscribed(one.app, 'presence-a', ann);
    other.bus.heal();
    await expect.poll(() => eventsOf(there)).toContain('e');
    await expect.poll(() => other.app.userIds('presence-a')).toEqual(['ann']);
    expect(eventsOf(joined)).not.toContain('pusher_internal:member_removed');
  });

  it('know who is signed in on the other', async () => {
    const [one, other] = await startTwo();
    const watcher = await signedIn(one.app, 'ann', 'bob');
    const watched = await signedIn(other.app, 'bob');
    await expect.poll(() => watcher.connection.texts.join('')).toContain('online');
    await one.app.terminateConnections('bob');
    await expect.poll(() => watched.connection.closed).toBe(4009);
  });

  it('take the event that was published last for the last, also if one clock is an hour ahead', async () => {
    const [one, other] = await startTwo();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
    const published = publishCached(one.app, 'first');
    clock.mockRestore();
    await published;
    await expect.poll(() => other.app.lastEvent('cache-a')).toMatchObject({ name: 'first' });
    await publishCached(other.app, 'second');
    expect(other.app.lastEvent('cache-a')).toMatchObject({ name: 'second' });
    await expect.poll(() => one.app.lastEvent('cache-a')).toMatchObject({ name: 'second' });
  });

  it('ask for the last event again when one of them was cut off for longer than events are kept', async () => {
    const engine = new MemoryEngine();
    let now = 0;
    const clock = () => now;
    const [one, other] = [await startNode(engine, { clock }), await startNode(engine, { clock })];
    await publishCached(one.app, 'old');
    await expect.poll(() => other.app.lastEvent('cache-a')).toMatchObject({ name: 'old' });
    other.bus.cut();
    await publishCached(one.app, 'new');
    await subscribed(one.app, 'presence-a', ann);
    // It is said at the end of the turn.
    await setImmediate();
    now += 61_000;
    other.bus.heal();
    await expect.poll(() => other.app.userIds('presence-a')).toEqual(['ann']);
    await expect.poll(() => other.app.lastEvent('cache-a')).toMatchObject({ name: 'new' });
    expect(other.node.lostEvents).toBe(2);
  });

  it('listen to nothing of an app that is removed', async () => {
    const [one] = await startTwo();
    const unlisten = vi.spyOn(one.bus, 'unlisten');
    await one.app.close();
    const subjects = unlisten.mock.calls.map(([subject]) => subject.split('.').at(-1));
    expect(subjects).toEqual(['state', 'all']);
  });

  it.each([
    ['was killed', (node: Node) => node.kill()],
    ['closes', (node: Node) => Promise.resolve(node.node.leave())],
  ])('report to webhooks what a node that %s may not have reported', async (_, end) => {
    const [one, other] = await startTwo();
    for (let index = 0; index < 20; index++) await subscribed(one.app, `c${index}`);
    expect(one.reported.length).toBeLessThan(20);
    await end(other);
    await expect.poll(() => one.node.peers).toEqual([]);
    expect(new Set(one.reported.map(({ channel }) => channel)).size).toBe(20);
  });

  describe('listen to what their clients want, for ten seconds more', () => {
    it('and not for longer', async () => {
      const { app, unlisten } = await startOne();
      const connection = await subscribed(app, 'a');
      app.unsubscribe('a', connection);
      vi.advanceTimersByTime(9_000);
      expect(unlisten).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1_000);
      expect(unlisten).toHaveBeenCalledOnce();
    });

    it('but not because a client leaves that was not subscribed', async () => {
      const { app, unlisten } = await startOne();
      await subscribed(app, 'a');
      app.unsubscribe('a', new FakeConnection());
      vi.advanceTimersByTime(60_000);
      expect(unlisten).not.toHaveBeenCalled();
    });

    it('also if one found no room', async () => {
      const { app, unlisten } = await startOne();
      const members = Array.from({ length: 101 }, (_, index) => ({
        connection: new FakeConnection(),
        member: { userId: String(index), userInfoJson: 'null' },
      }));
      const channel = 'presence-a';
      for (const each of members) await app.subscribe({ channel, ...each });
      for (const { connection } of members) app.unsubscribe(channel, connection);
      vi.advanceTimersByTime(10_000);
      expect(unlisten).toHaveBeenCalledOnce();
    });
  });

  it('report each event to webhooks once', async () => {
    const [one, other] = await startTwo();
    for (let index = 0; index < 20; index++) {
      const { app } = index % 2 === 0 ? one : other;
      await app.subscribe({ channel: `c${index}`, connection: new FakeConnection() });
    }
    const occupied = () => [...one.reported, ...other.reported].map((event) => event.channel);
    await expect.poll(() => occupied().length).toBe(20);
    expect(new Set(occupied()).size).toBe(20);
    expect(one.reported.length, 'they share the work').toBeLessThan(20);
  });

  it('keep the last event of a cache channel, also for a node that starts later', async () => {
    const engine = new MemoryEngine();
    const [one, other] = [await startNode(engine), await startNode(engine)];
    await one.app.publish([{ name: 'e', data: '1', channels: ['cache-a'] }]);
    await expect.poll(() => other.app.lastEvent('cache-a')).toMatchObject({ name: 'e' });
    const later = await startNode(engine);
    const connection = await subscribed(later.app, 'cache-a');
    expect(eventsOf(connection)).toEqual(['pusher_internal:subscription_succeeded', 'e']);
  });
});
