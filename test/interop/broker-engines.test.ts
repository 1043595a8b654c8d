import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { NumberPublisher } from '../../bench/cluster/soak/publisher.js';
import { RedisSentinels } from '../../packages/broker/test/cluster/bus/redis-sentinels.ts';
import {
  buildNats,
  MAX_BUILD_MS,
  NatsServer,
} from '../../packages/broker/test/cluster/bus/nats-servers.ts';
import { subscribed } from '../../packages/broker/test/sdk.ts';
import { hasGo, hasRedisSentinel } from '../support/available.ts';
import { BrokerNodes, dataOf, membersAt, removedFrom, ROOM } from '../support/broker-nodes.ts';
import type { BrokerNode } from '../support/broker-nodes.ts';
import { APP } from '../support/connection.ts';

const EVENTS_PER_SECOND = 20;
/** After the engine is back. */
const MAX_WRONG_MS = 5_000;
const OPTIONS = { timeout: 120_000 };

let nodes: BrokerNodes;
beforeEach(() => {
  nodes = new BrokerNodes();
});
afterEach(() => nodes.end());

/** Events that are published at one node while others hear them. */
interface Traffic {
  /** Ends it, and waits until all that was accepted has been heard. Each once, by every node. */
  verify(): Promise<void>;
}

async function startTraffic(at: BrokerNode, all: readonly BrokerNode[]): Promise<Traffic> {
  const channel = `numbers-${at.port}`;
  const heard: number[][] = [];
  for (const node of all) {
    heard.push(dataOf(await subscribed(nodes.connect(node, 'reader'), channel), 'number'));
  }
  const publisher = new NumberPublisher({ ...APP, ...at }, [channel], EVENTS_PER_SECOND);
  const missing = (): number[][] =>
    heard.map((numbers) => {
      const known = new Set(numbers);
      return publisher.accepted.map(({ number }) => number).filter((each) => !known.has(each));
    });
  return {
    verify: async () => {
      // What went before may have taken less than a second.
      await expect.poll(() => publisher.accepted.length).toBeGreaterThan(EVENTS_PER_SECOND);
      await publisher.stop();
      await expect.poll(missing).toEqual(all.map(() => []));
      for (const numbers of heard) expect(numbers).toEqual([...new Set(numbers)]);
    },
  };
}

async function expectMembers(at: readonly BrokerNode[], members: readonly string[]): Promise<void> {
  await expect
    .poll(() => Promise.all(at.map((node) => membersAt(node))), { timeout: MAX_WRONG_MS })
    .toEqual(at.map(() => members));
}

it.runIf(hasRedisSentinel)(
  'lose no accepted event and no member when the primary of Redis is killed',
  OPTIONS,
  async () => {
    const sentinels = await RedisSentinels.start(nodes.programs);
    const both = [await nodes.start(sentinels.url), await nodes.start(sentinels.url)] as const;
    const [one, other] = both;
    const removed = removedFrom(await subscribed(nodes.connect(one, 'ann'), ROOM));
    await subscribed(nodes.connect(other, 'bob'), ROOM);
    const leaving = nodes.connect(other, 'cem');
    await subscribed(leaving, ROOM);
    await expectMembers(both, ['ann', 'bob', 'cem']);
    const traffic = [await startTraffic(one, both), await startTraffic(other, both)];

    await sentinels.primary.kill();
    await Promise.all(both.map(({ program }) => program.line(/lost the connection to the bus/)));
    const back = both.map(({ program }) => program.nextLine(/joined the cluster/));
    leaving.disconnect();
    await subscribed(nodes.connect(one, 'dan'), ROOM);
    await Promise.all(back);
    await expectMembers(both, ['ann', 'bob', 'dan']);
    for (const each of traffic) await each.verify();
    expect(removed).toEqual(['cem']);
    sentinels.remove();
  },
);

it.runIf(hasGo)(
  'lose no accepted event and no member when a NATS server of three is killed',
  OPTIONS,
  async () => {
    const servers = await NatsServer.startCluster(nodes.programs, 3);
    const bus = `nats://${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
    const all = [await nodes.start(bus), await nodes.start(bus), await nodes.start(bus)];
    const members = ['ann', 'bob', 'cem'];
    const removed: string[][] = [];
    for (const [index, node] of all.entries()) {
      const channel = await subscribed(nodes.connect(node, members[index] ?? ''), ROOM);
      removed.push(removedFrom(channel));
    }
    await expectMembers(all, members);
    const traffic = await Promise.all(all.map((node) => startTraffic(node, all)));

    // Nodes are at random servers: each of them loses its own once.
    for (const [index, server] of servers.entries()) {
      await server.kill();
      const [node] = all.slice(index);
      if (node === undefined) throw new Error('there are as many nodes as servers');
      const joining = nodes.connect(node, `dan-${index}`);
      await subscribed(joining, ROOM);
      await expectMembers(all, [...members, `dan-${index}`]);
      joining.disconnect();
      await expectMembers(all, members);
      await server.start();
    }
    for (const each of traffic) await each.verify();
    expect(removed).toEqual(all.map(() => ['dan-0', 'dan-1', 'dan-2']));
  },
);

beforeAll(() => {
  if (hasGo) buildNats();
}, MAX_BUILD_MS);
