import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasRedisSentinel } from '../../../../../test/support/available.ts';
import { Programs } from '../../../../../test/support/processes.ts';
import { describeBus } from './conformance/describe-bus.ts';
import { describeHangs } from './conformance/describe-hangs.ts';
import type { HangingEngine } from './conformance/describe-hangs.ts';
import { Node } from './conformance/fixture.ts';
import { openBusAt } from './open-bus-at.ts';
import { redisCommand } from './redis-command.ts';
import { RedisSentinels } from './redis-sentinels.ts';

async function startEngine(): Promise<HangingEngine> {
  const programs = new Programs();
  const sentinels = await RedisSentinels.start(programs);
  const servers = [sentinels.primary, sentinels.replica];
  return {
    open: (handlers) => openBusAt(sentinels.url, handlers),
    async stop() {
      await Promise.all(servers.map((server) => server.kill()));
    },
    async start() {
      await Promise.all(servers.map((server) => server.start()));
    },
    async hang() {
      await Promise.all(servers.map((server) => server.hang()));
    },
    resume() {
      for (const server of servers) server.resume();
    },
    async end() {
      await programs.endAll();
      sentinels.remove();
    },
  };
}

describe.skipIf(!hasRedisSentinel)('a bus by Redis Sentinel', () => {
  describeBus(startEngine);
  describeHangs(startEngine);
});

describe.skipIf(!hasRedisSentinel)('Redis Sentinel', () => {
  let programs: Programs;
  let sentinels: RedisSentinels;
  const nodes: Node[] = [];
  beforeEach(() => {
    programs = new Programs();
  });
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(({ bus }) => bus.close()));
    await programs.endAll();
    sentinels.remove();
  });

  const opening = async (url = sentinels.url): Promise<Node> => {
    const node = await Node.opening({ open: (handlers) => openBusAt(url, handlers) });
    nodes.push(node);
    return node;
  };
  const listening = async (): Promise<[Node, Node]> => {
    const [one, two] = [await opening(), await opening()];
    await Promise.all([one.isUp(), two.isUp()]);
    await two.bus.listen('a');
    return [one, two];
  };

  it('leads to the replica when the primary is killed, with a password of its own too', async () => {
    sentinels = await RedisSentinels.start(programs, 'of-redis');
    const [one, two] = await listening();
    await sentinels.primary.kill();
    await Promise.all([one.isDown(), two.isDown()]);
    await Promise.all([one.isUp(), two.isUp()]);
    await one.bus.publish('a', 'x');
    await two.received('a', ['x']);
    const [role] = (await redisCommand(sentinels.replica.port, ['ROLE'], 'of-redis')) as string[];
    expect(role).toBe('master');
    expect(one.reasons).not.toContain('of-redis');
  });

  it('is followed to another primary, although the old one still answers', async () => {
    sentinels = await RedisSentinels.start(programs);
    const [one, two] = await listening();
    const { port } = sentinels.replica;
    await redisCommand(port, ['REPLICAOF', 'NO', 'ONE'], 'of-redis');
    await sentinels.monitor(port);
    const isUp = [true, false, true];
    await vi.waitFor(
      () =>
        expect([one, two].map(({ links }) => links.map((link) => link.isUp))).toEqual([isUp, isUp]),
      20_000,
    );
    expect(one.reasons).toContain(`127.0.0.1:${port} is the primary now`);
    await one.bus.publish('a', 'x');
    await two.received('a', ['x']);
  });

  it('has to know the name of the primary', async () => {
    sentinels = await RedisSentinels.start(programs);
    const node = await opening(sentinels.url.replace('mymaster', 'other'));
    await node.isDown();
    expect(node.reasons).toContain('the Sentinels know no primary named other');
  });
});
