import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { next, subscribed } from '../../packages/broker/test/sdk.ts';
import type { Client } from '../../packages/broker/test/sdk.ts';
import { hasRedis } from '../support/available.ts';
import { BrokerNodes, dataOf, membersAt, removedFrom, ROOM, sdk } from '../support/broker-nodes.ts';
import type { BrokerNode } from '../support/broker-nodes.ts';
import { freePort } from '../support/free-port.js';
import type { RunningProgram } from '../support/processes.ts';
import { TcpLink } from '../support/tcp-link.ts';

/** How long a node is cut off: longer than it takes to be taken for gone. */
const PARTITION_MS = Number(process.env['PARTITION_MS'] ?? 5_000);

interface Node extends BrokerNode {
  /** Between the node and Redis. */
  readonly link: TcpLink;
}

const folder = mkdtempSync(join(tmpdir(), 'rollcall-cluster-'));
let redisPort: number;
let redis: RunningProgram;
let brokers: BrokerNodes;
let links: TcpLink[];

async function startRedis(): Promise<RunningProgram> {
  const args = ['--port', String(redisPort), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const program = brokers.programs.file('redis-server', args);
  await program.line(/Ready to accept connections/);
  return program;
}

async function startNode(): Promise<Node> {
  const link = await TcpLink.to({ host: '127.0.0.1', port: redisPort });
  links.push(link);
  return { ...(await brokers.start(`redis://127.0.0.1:${link.port}`)), link };
}

const connect = (node: BrokerNode, userId: string): Client => brokers.connect(node, userId);

beforeEach(async () => {
  brokers = new BrokerNodes();
  links = [];
  redisPort = await freePort();
  redis = await startRedis();
});
afterEach(async () => {
  await brokers.end();
  for (const link of links) await link.close();
});

// Skipped without redis-server: apt-get install redis-server.
describe.runIf(hasRedis)('brokers that share a Redis', () => {
  it('deliver events to the clients of all, and have one list of members', async () => {
    const [one, other] = [await startNode(), await startNode()];
    const channel = await subscribed(connect(one, 'ann'), ROOM);
    const joined = next<{ id: string }>(channel, 'pusher:member_added');
    const there = await subscribed(connect(other, 'bob'), ROOM);
    expect((await joined).id).toBe('bob');
    const heard = [next(channel, 'greeting'), next(there, 'greeting')];
    await sdk(other).trigger(ROOM, 'greeting', 'hello');
    expect(await Promise.all(heard)).toEqual(['hello', 'hello']);
    expect([await membersAt(one), await membersAt(other)]).toEqual([
      ['ann', 'bob'],
      ['ann', 'bob'],
    ]);
  });

  it('announce the members of a killed node as gone within 5 s, but not one that moved', async () => {
    const [one, other] = [await startNode(), await startNode()];
    const removed = removedFrom(await subscribed(connect(one, 'ann'), ROOM));
    await subscribed(connect(other, 'bob'), ROOM);
    await subscribed(connect(other, 'cem'), ROOM);
    await expect.poll(() => membersAt(one)).toEqual(['ann', 'bob', 'cem']);
    other.program.kill('SIGKILL');
    await subscribed(connect(one, 'cem'), ROOM);
    await expect.poll(() => removed, { timeout: 5_000 }).toEqual(['bob']);
    expect(await membersAt(one)).toEqual(['ann', 'cem']);
  });

  it('answer at once while a node hangs, and take it back when it goes on', async () => {
    const [one, other] = [await startNode(), await startNode()];
    await subscribed(connect(one, 'ann'), ROOM);
    await subscribed(connect(other, 'bob'), ROOM);
    await expect.poll(() => membersAt(one)).toEqual(['ann', 'bob']);
    other.program.kill('SIGSTOP');
    const started = performance.now();
    await membersAt(one);
    await subscribed(connect(one, 'cem'), ROOM);
    expect(performance.now() - started, 'others wait for five seconds').toBeLessThan(4_000);
    await expect.poll(() => membersAt(one), { timeout: 6_000 }).toEqual(['ann', 'cem']);
    other.program.kill('SIGCONT');
    await expect.poll(() => membersAt(one)).toEqual(['ann', 'bob', 'cem']);
    await expect.poll(() => membersAt(other)).toEqual(['ann', 'bob', 'cem']);
  });

  it('refuse events while Redis is away, lose none, and announce no member as gone', async () => {
    const [one, other] = [await startNode(), await startNode()];
    const channel = await subscribed(connect(one, 'ann'), ROOM);
    const removed = removedFrom(channel);
    await subscribed(connect(other, 'bob'), ROOM);
    await expect.poll(() => membersAt(one)).toEqual(['ann', 'bob']);
    redis.kill('SIGKILL');
    await other.program.line(/lost the connection to the bus/);
    await expect(sdk(other).trigger(ROOM, 'greeting', 'lost')).rejects.toMatchObject({
      status: 503,
    });
    // Clients are served meanwhile.
    await subscribed(connect(one, 'cem'), ROOM);
    redis = await startRedis();
    await expect.poll(() => membersAt(other)).toEqual(['ann', 'bob', 'cem']);
    const heard = next(channel, 'greeting');
    await expect
      .poll(async () => (await sdk(other).trigger(ROOM, 'greeting', 'kept')).status)
      .toBe(200);
    expect(await heard).toBe('kept');
    expect(removed).toEqual([]);
  });

  it(
    'are right within 3 s after a node was cut off, and deliver what was accepted meanwhile',
    { timeout: 120_000 },
    async () => {
      const [one, other] = [await startNode(), await startNode()];
      const channel = await subscribed(connect(one, 'ann'), ROOM);
      const watching = await subscribed(connect(other, 'bob'), ROOM);
      const leaving = connect(other, 'cem');
      await subscribed(leaving, ROOM);
      await expect.poll(() => membersAt(one)).toEqual(['ann', 'bob', 'cem']);
      const heard = dataOf(channel, 'greeting');
      const joined: string[] = [];
      watching.bind('pusher:member_added', ({ id }: { id: string }) => joined.push(id));
      one.link.cut();
      const begun = performance.now();
      await expect.poll(() => membersAt(other), { timeout: 8_000 }).toEqual(['bob', 'cem']);
      leaving.disconnect();
      await subscribed(connect(one, 'dan'), ROOM);
      await sdk(other).trigger(ROOM, 'greeting', 1);
      await expect
        .poll(() => performance.now() - begun, { timeout: 60_000 })
        .toBeGreaterThan(PARTITION_MS);
      for (const each of [2, 3]) await sdk(other).trigger(ROOM, 'greeting', each);
      one.link.heal();
      const both = () => Promise.all([membersAt(one), membersAt(other)]);
      const present = ['ann', 'bob', 'dan'];
      await expect.poll(both, { timeout: 3_000 }).toEqual([present, present]);
      await expect.poll(() => heard).toEqual([1, 2, 3]);
      expect(joined.toSorted()).toEqual(['ann', 'dan']);
    },
  );

  it('announce no member as gone that moves from a node that closes', async () => {
    const [one, other] = [await startNode(), await startNode()];
    const removed = removedFrom(await subscribed(connect(one, 'ann'), ROOM));
    await subscribed(connect(other, 'bob'), ROOM);
    await subscribed(connect(other, 'cem'), ROOM);
    await expect.poll(() => membersAt(one)).toEqual(['ann', 'bob', 'cem']);
    other.program.kill('SIGTERM');
    await other.program.ended;
    await subscribed(connect(one, 'bob'), ROOM);
    // They have 10 s.
    await expect.poll(() => removed, { timeout: 15_000 }).toEqual(['cem']);
  });
});
