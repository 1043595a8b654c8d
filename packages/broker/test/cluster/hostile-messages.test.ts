import { silentLogger } from '@rollcall/runtime';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { hasGo, hasRedis } from '../../../../test/support/available.ts';
import { Programs } from '../../../../test/support/processes.ts';
import { Counters } from '../../src/app/counters.ts';
import { parseBusUrl } from '../../src/cluster/bus/bus-url.ts';
import { busAt } from '../../src/cluster/bus/open-bus.ts';
import { ClusterApp } from '../../src/cluster/cluster-app.ts';
import { ClusterNode } from '../../src/cluster/cluster-node.ts';
import { ann, bob, eventsOf, subscribed } from '../app/conformance/fixture.ts';
import { APP } from '../app/new-app.ts';
import { Node as BusNode } from './bus/conformance/fixture.ts';
import { buildNats, MAX_BUILD_MS, NatsServer } from './bus/nats-servers.ts';
import { openBusAt } from './bus/open-bus-at.ts';
import { RedisServer } from './bus/redis-servers.ts';

const STRANGER = 'f'.repeat(16);

/** None is of a broker. */
const GARBAGE = [
  '',
  '\0',
  'text',
  '[]',
  'null',
  '1e999',
  '{"type":"alive"}',
  `{"type":"alive","node":"${STRANGER}","last":{"a":-1}}`,
  `{"type":"ask","node":"${STRANGER}","of":1}`,
  `{"type":"unknown","node":"${STRANGER}"}`,
  `{"type":"locate","node":"../../${STRANGER}","subjects":["a"]}`,
  `{"n":"${STRANGER}","f":1.5,"p":[]}`,
  `{"n":"${STRANGER}","f":1,"p":{"length":1e9}}`,
  '{"__proto__":{"type":"alive"}}',
  '['.repeat(500_000),
  `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
  'x'.repeat(2 ** 20),
];

/** One app on one node of a cluster. */
interface Member {
  readonly app: ClusterApp;
  readonly node: ClusterNode;
}

async function join(url: string, prefix: string): Promise<Member> {
  const parsed = parseBusUrl(url);
  if (parsed === undefined) throw new Error('the URL is invalid');
  const openBus = await busAt(parsed);
  const node = new ClusterNode({ openBus, prefix, logger: silentLogger, beatMs: 100 });
  const app = new ClusterApp(APP, { counters: new Counters(), report: () => {} }, node);
  onTestFinished(async () => {
    app.close();
    await node.close();
  });
  await app.open();
  return { app, node };
}

describe.each([
  ['Redis', hasRedis, 'redis', RedisServer],
  ['NATS', hasGo, 'nats', NatsServer],
] as const)('nodes by %s', (name, isAvailable, scheme, Server) => {
  const programs = new Programs();
  let url: string;
  beforeAll(async () => {
    if (!isAvailable) return;
    if (name === 'NATS') buildNats();
    url = `${scheme}://127.0.0.1:${(await Server.start(programs)).port}`;
  }, MAX_BUILD_MS);
  afterAll(() => programs.endAll());

  it.runIf(isAvailable)('count what others publish to their subjects, and go on', async () => {
    const [one, two] = [await join(url, 'rollcall'), await join(url, 'rollcall')];
    const here = await subscribed(one.app, 'presence-a', ann);
    await expect.poll(() => two.app.userIds('presence-a')).toEqual(['ann']);
    const stranger = await BusNode.open({ open: (handlers) => openBusAt(url, handlers) });
    onTestFinished(() => stranger.bus.close());
    for (const message of GARBAGE) await stranger.bus.publish('rollcall.nodes', message);
    await expect.poll(() => two.node.ignoredMessages).toBe(GARBAGE.length);
    await subscribed(two.app, 'presence-a', bob);
    await two.app.publish([{ name: 'e', data: '1', channels: ['presence-a'] }]);
    await expect.poll(() => eventsOf(here)).toContain('e');
    expect(one.app.userIds('presence-a')).toEqual(['ann', 'bob']);
    expect([one, two].map(({ node }) => [node.peers.length, node.isConnected])).toEqual([
      [1, true],
      [1, true],
    ]);
  });

  it.runIf(isAvailable)('hear nothing of another cluster with the same apps', async () => {
    const [one, other] = [await join(url, 'rollcall'), await join(url, 'rollcall-2')];
    const [peer, otherPeer] = [await join(url, 'rollcall'), await join(url, 'rollcall-2')];
    const heard = await subscribed(one.app, 'presence-a', ann);
    const unheard = await subscribed(otherPeer.app, 'presence-a', bob);
    await peer.app.publish([{ name: 'e', data: '1', channels: ['presence-a'] }]);
    await other.app.publish([{ name: 'f', data: '1', channels: ['presence-a'] }]);
    await expect.poll(() => eventsOf(heard)).toContain('e');
    await expect.poll(() => eventsOf(unheard)).toContain('f');
    await expect.poll(() => peer.app.userIds('presence-a')).toEqual(['ann']);
    await expect.poll(() => other.app.userIds('presence-a')).toEqual(['bob']);
    expect(eventsOf(heard)).not.toContain('f');
    expect(eventsOf(unheard)).not.toContain('e');
    for (const { node } of [one, other, peer, otherPeer]) {
      expect([node.peers.length, node.ignoredMessages]).toEqual([1, 0]);
    }
  });
});

describe.runIf(hasRedis)('a message of 20 MB', () => {
  const programs = new Programs();
  afterEach(() => programs.endAll());

  it('is not parsed, and costs no node its link', async () => {
    const url = `redis://127.0.0.1:${(await RedisServer.start(programs)).port}`;
    const { node } = await join(url, 'rollcall');
    const stranger = await BusNode.open({ open: (handlers) => openBusAt(url, handlers) });
    onTestFinished(() => stranger.bus.close());
    // Parsed, it would be of a node that lives.
    const message = `{"type":"alive","node":"${STRANGER}","last":{}}`.padEnd(20_000_000);
    // Redis itself ends the connection of a subscriber that is behind by more than 32 MB.
    await stranger.bus.publish('rollcall.nodes', message);
    await expect.poll(() => node.ignoredMessages).toBe(1);
    expect([node.isConnected, node.peers]).toEqual([true, []]);
  });
});
