import { expect, it, onTestFinished } from 'vitest';
import { Balancer } from '../../bench/cluster/soak/balancer.js';
import { startNode, startRedis } from '../../bench/cluster/soak/nodes.js';
import type { Node } from '../../bench/cluster/soak/nodes.js';
import { rollingRestart } from '../../bench/cluster/soak/rolling-restart.js';
import { APP, client, next, subscribed } from '../../packages/broker/test/sdk.ts';
import { hasRedis } from '../support/available.ts';

it.runIf(hasRedis)(
  'the official client of a node that closes is at another one within 3 s',
  async () => {
    const redis = await startRedis();
    const balancer = await Balancer.start();
    const nodes: Node[] = [];
    onTestFinished(async () => {
      balancer.close();
      await Promise.all(nodes.map((node) => node.end('SIGKILL')));
      redis.end();
    });
    const addNode = async (): Promise<Node> => {
      const node = await startNode(redis.bus, APP);
      nodes.push(node);
      balancer.add(node);
      await balancer.isUsed(node);
      return node;
    };
    const closing = await addNode();
    const sdk = client(balancer.address);
    onTestFinished(() => sdk.disconnect());
    const channel = await subscribed(sdk, 'presence-room');
    await addNode();
    const error = next<{ data: { code: number } }>(sdk.connection, 'error');
    const begun = performance.now();
    const back = next(channel, 'pusher:subscription_succeeded');
    await closing.end('SIGTERM');
    nodes.shift();
    await back;
    expect(performance.now() - begun).toBeLessThan(3_000);
    expect(await error).toMatchObject({ data: { code: 4100 } });
  },
);

// `npm run soak:cluster` has the same with more clients.
it.runIf(hasRedis)(
  'nodes that are replaced one by one under load lose no accepted event, and announce no member as gone',
  { timeout: 180_000 },
  async () => {
    const { closeCodes, moves, accepted, lost, twice, announcedAsGone } = await rollingRestart({
      clients: 200,
    });
    // 1006: one that was too busy to read the close within a second was cut off. SDKs connect again after either.
    expect(closeCodes.filter((code) => code !== 1006)).toEqual([4100]);
    expect(moves).toBeGreaterThanOrEqual(200);
    expect(accepted).toBeGreaterThan(100);
    expect({ lost, twice, announcedAsGone }).toEqual({ lost: 0, twice: 0, announcedAsGone: 0 });
  },
);
