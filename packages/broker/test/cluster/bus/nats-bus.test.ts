import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasGo } from '../../../../../test/support/available.ts';
import { Programs } from '../../../../../test/support/processes.ts';
import type { BusHandlers } from '../../../src/cluster/bus/bus.ts';
import { parseBusUrl } from '../../../src/cluster/bus/bus-url.ts';
import { connectNats } from '../../../src/cluster/bus/nats/connect-nats.ts';
import { ReconnectingBus } from '../../../src/cluster/bus/reconnecting-bus.ts';
import { describeBus } from './conformance/describe-bus.ts';
import { describeHangs } from './conformance/describe-hangs.ts';
import type { HangingEngine } from './conformance/describe-hangs.ts';
import { Node } from './conformance/fixture.ts';
import { natsIdentity } from './nats-identity.ts';
import { buildNats, MAX_BUILD_MS, NatsServer } from './nats-servers.ts';
import { openBusAt } from './open-bus-at.ts';

beforeAll(() => {
  if (hasGo) buildNats();
}, MAX_BUILD_MS);

async function startEngine(): Promise<HangingEngine> {
  const programs = new Programs();
  const server = await NatsServer.start(programs, '--user', 'me', '--pass', 'p@ss');
  return {
    open: (handlers) => openBusAt(`nats://me:p%40ss@127.0.0.1:${server.port}`, handlers),
    stop: () => server.kill(),
    start: () => server.start(),
    hang: () => server.hang(),
    resume: () => server.resume(),
    end: () => programs.endAll(),
  };
}

describe.skipIf(!hasGo)('a bus by NATS', () => {
  describeBus(startEngine);
  describeHangs(startEngine);
});

describe.skipIf(!hasGo)('NATS', () => {
  let programs: Programs;
  let folder: string;
  const nodes: Node[] = [];
  beforeEach(() => {
    programs = new Programs();
    folder = mkdtempSync(join(tmpdir(), 'rollcall-nats-'));
  });
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(({ bus }) => bus.close()));
    await programs.endAll();
    rmSync(folder, { recursive: true });
  });

  const opening = async (server: NatsServer, credentials = '', query = ''): Promise<Node> => {
    const url = `nats://${credentials}127.0.0.1:${server.port}${query}`;
    const node = await Node.opening({ open: (handlers) => openBusAt(url, handlers) });
    nodes.push(node);
    return node;
  };

  it('is not reached with a wrong password or token, for a reason without it', async () => {
    const server = await NatsServer.start(programs, '--auth', 'right');
    for (const credentials of ['me:wrong-secret@', 'wrong-secret@', '']) {
      const node = await opening(server, credentials);
      await node.isDown();
      expect(node.reasons).toMatch(/127.0.0.1:\d+: Authorization Violation/);
      expect(node.reasons).not.toContain('wrong-secret');
    }
    await (await opening(server, 'right@')).isUp();
  });

  it('is reached with the JWT and the key of a credentials file, read at each attempt', async () => {
    const { config, credentials } = natsIdentity();
    const server = await NatsServer.startWith(programs, folder, config);
    const file = join(folder, 'user.creds');
    const node = await opening(server, '', `?credentialsFile=${encodeURIComponent(file)}`);
    await node.isDown();
    expect(node.reasons).toContain('ENOENT');
    writeFileSync(file, natsIdentity().credentials);
    await vi.waitFor(() => expect(node.reasons).toContain('Authorization Violation'));
    writeFileSync(file, 'no credentials');
    await vi.waitFor(() => expect(node.reasons).toContain('has no NATS user JWT'));
    writeFileSync(file, credentials);
    await node.isUp();
    await node.bus.listen('a');
    await node.bus.publish('a', 'x');
    await node.received('a', ['x']);
  });

  it('is not used if it takes too little', async () => {
    const server = await NatsServer.startWith(programs, folder, 'max_payload: 65536');
    const node = await opening(server);
    await node.isDown();
    expect(node.reasons).toContain('its max_payload is 65536: it has to be 1048576 at least');
  });

  it('keeps the link when a message is longer than it carries', async () => {
    const node = await opening(await NatsServer.start(programs));
    await node.isUp();
    await expect(node.bus.publish('a', 'x'.repeat(2 ** 20 + 1))).rejects.toThrow(RangeError);
    await node.bus.publish('a', 'x'.repeat(2 ** 20));
    expect(node.links).toHaveLength(1);
  });

  it('is lost if it refuses what the bus needs, for the reason that it gives', async () => {
    const user = '{ user: a, password: b, permissions: { subscribe: "c.>" } }';
    const config = `authorization { users: [${user}] }`;
    const node = await opening(await NatsServer.startWith(programs, folder, config), 'a:b@');
    await node.isUp();
    const listening = node.bus.listen('a');
    await node.isDown();
    expect(node.reasons).toMatch(/Permissions Violation for Subscription to \\?"a/);
    await node.bus.close();
    await listening;
  });

  it('is left for another server of the cluster when it is killed, and when it hangs', async () => {
    const servers = await NatsServer.startCluster(programs, 3);
    const url = parseBusUrl(`nats://${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`);
    if (url === undefined) throw new Error('the URL is invalid');
    const openAt = async (server: number): Promise<Node> => {
      const connect = connectNats(url, () => server / servers.length);
      const open = (handlers: BusHandlers) =>
        Promise.resolve(new ReconnectingBus(connect, handlers));
      const node = await Node.open({ open });
      nodes.push(node);
      await node.bus.listen('a');
      return node;
    };
    const [one, two, three] = await Promise.all([openAt(0), openAt(1), openAt(2)]);
    // Servers learn a moment later than the node that a subject is listened to at another.
    const allHear = async (message: string): Promise<void> => {
      await vi.waitFor(async () => {
        await one.bus.publish('a', message);
        for (const node of [one, two, three]) expect(node.of('a').at(-1)).toBe(message);
      });
    };
    await allHear('all');
    await servers[0]?.kill();
    await one.isDown();
    await one.isUp();
    await allHear('one of three was killed');
    expect([two.links.length, three.links.length]).toEqual([1, 1]);
    await servers[2]?.hang();
    await three.isDown();
    await three.isUp();
    await allHear('another hangs');
    expect(two.links).toHaveLength(1);
  });
});
