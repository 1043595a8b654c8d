import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasRedis } from '../../../../../test/support/available.ts';
import { Programs } from '../../../../../test/support/processes.ts';
import { slotOf } from '../../../src/cluster/bus/redis/cluster-slots.ts';
import { describeBus } from './conformance/describe-bus.ts';
import { describeHangs } from './conformance/describe-hangs.ts';
import type { HangingEngine } from './conformance/describe-hangs.ts';
import { Node } from './conformance/fixture.ts';
import { openBusAt } from './open-bus-at.ts';
import { RedisCluster } from './redis-cluster.ts';
import { redisCommand } from './redis-command.ts';

async function startEngine(): Promise<HangingEngine> {
  const programs = new Programs();
  const cluster = await RedisCluster.start(programs);
  return {
    open: (handlers) => openBusAt(cluster.url, handlers),
    async stop() {
      await Promise.all(cluster.servers.map((server) => server.kill()));
    },
    async start() {
      await Promise.all(cluster.servers.map((server) => server.start()));
    },
    async hang() {
      await Promise.all(cluster.servers.map((server) => server.hang()));
    },
    resume() {
      for (const server of cluster.servers) server.resume();
    },
    async end() {
      await programs.endAll();
      cluster.remove();
    },
  };
}

describe.skipIf(!hasRedis)('a bus by Redis Cluster', () => {
  describeBus(startEngine);
  describeHangs(startEngine);
});

/** On each primary, some. */
const SUBJECTS = Array.from({ length: 30 }, (_, n) => `subject-${n}`);

/** Publishes to each subject, and waits until all has arrived. */
async function publishes(from: Node, to: Node, message: string): Promise<void> {
  const had = to.messages.length;
  await Promise.all(SUBJECTS.map((subject) => from.bus.publish(subject, message)));
  await vi.waitFor(() => expect(to.messages).toHaveLength(had + SUBJECTS.length));
  const received = new Set(to.messages.slice(had).map(({ subject }) => subject));
  expect(received).toEqual(new Set(SUBJECTS));
}

describe.skipIf(!hasRedis)('Redis Cluster', () => {
  let programs: Programs;
  let cluster: RedisCluster;
  const nodes: Node[] = [];
  beforeEach(() => {
    programs = new Programs();
  });
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(({ bus }) => bus.close()));
    await programs.endAll();
    cluster.remove();
  });

  const opened = () => Node.open({ open: (handlers) => openBusAt(cluster.url, handlers) });
  const listening = async (): Promise<[Node, Node]> => {
    const [one, two] = await Promise.all([opened(), opened()]);
    nodes.push(one, two);
    await Promise.all(SUBJECTS.map((subject) => two.bus.listen(subject)));
    return [one, two];
  };
  it('carries each subject by the primary of its slot', async () => {
    cluster = await RedisCluster.start(programs);
    const [one, two] = await listening();
    await publishes(one, two, 'x');
    for (const { port } of cluster.primaries) {
      const channels = (await redisCommand(port, ['PUBSUB', 'SHARDCHANNELS'])) as string[];
      expect(channels.length).toBeGreaterThan(0);
      expect(channels.length).toBeLessThan(SUBJECTS.length);
    }
    const { port } = cluster.primaries[0] ?? { port: 0 };
    for (const subject of [...SUBJECTS, 'é', '']) {
      expect(slotOf(subject)).toBe(await redisCommand(port, ['CLUSTER', 'KEYSLOT', subject]));
    }
  });

  it('leads to the replica when a primary is killed', async () => {
    cluster = await RedisCluster.start(programs, { hasReplica: true });
    const [one, two] = await listening();
    await cluster.primaries[0]?.kill();
    await Promise.all([one.isDown(), two.isDown()]);
    await Promise.all([one.isUp(), two.isUp()]);
    await publishes(one, two, 'x');
  });

  it('is followed when a slot moves', async () => {
    cluster = await RedisCluster.start(programs);
    const [one, two] = await listening();
    const slot = slotOf('subject-1');
    const owner = Math.floor((slot * 3) / 16_384);
    const [from, to] = [cluster.primaries[owner], cluster.primaries[(owner + 1) % 3]];
    if (from === undefined || to === undefined) throw new Error('no such primary');
    await cluster.move(slot, from, to);
    await vi.waitFor(() =>
      expect(two.reasons).toContain('has ended the subscription to subject-1'),
    );
    await two.isUp();
    // It learns from its own publication, if not before, that it asked the wrong server.
    await one.bus.publish('subject-1', 'refused').catch(() => {});
    await vi.waitFor(() => expect(one.reasons).toMatch(/MOVED|have moved/));
    await one.isUp();
    await publishes(one, two, 'x');
  });
});
