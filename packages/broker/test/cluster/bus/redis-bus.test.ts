import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UnavailableError } from '../../../src/app/unavailable-error.ts';
import { hasRedis } from '../../../../../test/support/available.ts';
import { Programs } from '../../../../../test/support/processes.ts';
import { describeBus } from './conformance/describe-bus.ts';
import { describeHangs } from './conformance/describe-hangs.ts';
import type { HangingEngine } from './conformance/describe-hangs.ts';
import { Node } from './conformance/fixture.ts';
import { openBusAt } from './open-bus-at.ts';
import { RedisServer } from './redis-servers.ts';

async function startEngine(): Promise<HangingEngine> {
  const programs = new Programs();
  const server = await RedisServer.start(programs, '--requirepass', 'se:cr@t');
  const url = `redis://:se%3Acr%40t@127.0.0.1:${server.port}`;
  return {
    open: (handlers) => openBusAt(url, handlers),
    stop: () => server.kill(),
    start: () => server.start(),
    hang: () => server.hang(),
    resume: () => server.resume(),
    async end() {
      await programs.endAll();
      server.remove();
    },
  };
}

describe.skipIf(!hasRedis)('a bus by one Redis server', () => {
  describeBus(startEngine);
  describeHangs(startEngine);
});

describe.skipIf(!hasRedis)('one Redis server', () => {
  let programs: Programs;
  let server: RedisServer | undefined;
  const nodes: Node[] = [];
  beforeEach(() => {
    programs = new Programs();
  });
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(({ bus }) => bus.close()));
    await programs.endAll();
    server?.remove();
  });

  const opening = async (credentials = ''): Promise<Node> => {
    const url = `redis://${credentials}127.0.0.1:${server?.port}/3`;
    const node = await Node.opening({ open: (handlers) => openBusAt(url, handlers) });
    nodes.push(node);
    return node;
  };

  it('is not reached with a wrong password, for a reason without it', async () => {
    server = await RedisServer.start(programs, '--requirepass', 'right');
    const wrong = await opening(':wrong-secret@');
    await wrong.isDown();
    expect(wrong.reasons).toMatch(/127.0.0.1:\d+: WRONGPASS invalid username-password pair/);
    expect(wrong.reasons).not.toContain('wrong-secret');
    const none = await opening();
    await none.isDown();
    expect(none.reasons).toContain('NOAUTH');
    // The reason is reported once, however often it is tried again.
    expect(wrong.links).toHaveLength(1);
  });

  it('has to be Redis 6 or newer, which does not repeat a password', async () => {
    const old = createServer((socket) => {
      socket.end(
        "-ERR unknown command 'HELLO', with args beginning with: 'AUTH', 'old-secret'\r\n",
      );
    });
    await once(old.listen(0, '127.0.0.1'), 'listening');
    const url = `redis://:old-secret@127.0.0.1:${(old.address() as AddressInfo).port}`;
    const node = await Node.opening({ open: (handlers) => openBusAt(url, handlers) });
    await node.isDown();
    expect(node.reasons).toContain('Redis 6 or newer is needed');
    expect(node.reasons).not.toContain('old-secret');
    await node.bus.close();
    old.close();
  });

  it('is lost if it refuses what the bus needs, for the reason that it gives', async () => {
    server = await RedisServer.start(
      programs,
      ...'--user deaf on >x ~* &* +@all -subscribe'.split(' '),
    );
    const node = await opening('deaf:x@');
    await node.isUp();
    const listening = node.bus.listen('a');
    await node.isDown();
    expect(node.reasons).toMatch(/NOPERM .*subscribe/);
    await node.bus.close();
    await listening;
  });

  it('ends a subscriber that is too slow, which then listens again', async () => {
    const limit = ['--client-output-buffer-limit', 'pubsub 512kb 0 0'];
    server = await RedisServer.start(programs, ...limit);
    const [sender, slow] = [await opening(), await opening()];
    await Promise.all([sender.isUp(), slow.isUp()]);
    await slow.bus.listen('a');
    await sender.bus.publish('a', 'x'.repeat(2 ** 20));
    await slow.isDown();
    await slow.isUp();
    await sender.bus.publish('a', 'y');
    await slow.received('a', ['y']);
    expect(sender.links).toHaveLength(1);
  });

  it('loses nothing by FLUSHALL', async () => {
    server = await RedisServer.start(programs);
    const node = await opening();
    await node.isUp();
    await node.bus.listen('a');
    await programs.file('redis-cli', ['-p', String(server?.port), 'FLUSHALL']).ended;
    await node.bus.publish('a', 'x');
    await node.received('a', ['x']);
    expect(node.links).toHaveLength(1);
  });

  it('rejects what is in flight when it ends', async () => {
    server = await RedisServer.start(programs);
    const node = await opening();
    await node.isUp();
    await server.hang();
    const refused = expect(node.bus.publish('a', 'x')).rejects.toThrow(UnavailableError);
    await server.kill();
    await refused;
    expect(node.reasons).toMatch(/ECONNRESET|EPIPE|has closed the connection/);
  });
});
