import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { countUp, explained } from '../../support/admin.ts';
import { BrokerCluster, generateV5 } from '../../support/cluster.ts';
import type { RunningGateway } from '../../support/cluster.ts';
import { elapsed } from '../../support/elapsed.ts';
import { GENERATE_V5, Load } from '../../support/load.ts';
import { TcpLink } from '../../support/tcp-link.ts';
import { freePort } from '../../support/free-port.js';

let cluster: BrokerCluster;
beforeEach(async () => {
  cluster = await BrokerCluster.startWith('embedded');
});
afterEach(() => cluster.end());

/** A connection is given up 15 s after it has fallen silent. */
const SILENCE_FOUND_OUT_MS = 60_000;

/** For what has no bound of its own. */
const LONG = { timeout: 20_000 };

/** A way to the broker for one program, and what has to be in its environment to go there. */
async function wayToBroker(): Promise<{ link: TcpLink; env: Record<string, string> }> {
  const link = await TcpLink.to({ host: '127.0.0.1', port: cluster.brokerPort });
  onTestFinished(() => link.close());
  return { link, env: { PUSHER_PORT: String(link.port) } };
}

describe('a gateway without connection to the broker', () => {
  it(
    'keeps its table until it reconnects, and then learns new instances',
    async () => {
      const { link, env } = await wayToBroker();
      const gateway = await cluster.gateway([], env);
      await cluster.idV5('one');
      await gateway.program.line(/route registered/);

      const load = new Load(gateway.url, [GENERATE_V5], { connections: 2 });
      link.cut();
      await cluster.idV5('two');
      // Nothing tells it but silence: 10 s until it asks, 5 s for the answer that does not come.
      await gateway.program.line(/lost the connection to the broker/);
      expect(gateway.program.output.match(/route registered/g)).toHaveLength(1);
      link.heal();
      await gateway.program.line(/connected to the broker/);
      await expect.poll(() => countUp(gateway, '/v1'), LONG).toBe(2);
      await load.stop();
      expect(load.failures).toEqual([]);
      expect(gateway.program.output).not.toMatch(/instance down|unregistered/);
    },
    SILENCE_FOUND_OUT_MS,
  );

  it('still detects within 1 s that an instance was killed', async () => {
    const { link, env } = await wayToBroker();
    const { program } = await cluster.gateway([], env);
    const service = await cluster.idV5('one');
    await program.line(/route registered/);
    link.cut();
    service.kill('SIGKILL');
    expect(await elapsed(program.line(/instance down .*refuses connections/))).toBeLessThan(1000);
  });

  it('learns from another gateway which instances left meanwhile', async () => {
    const { link, env } = await wayToBroker();
    const gateway = await cluster.gateway([], env);
    const other = await cluster.gateway();
    const [stays, leaves] = [await cluster.idV5('stays'), await cluster.idV5('leaves')];
    await expect.poll(() => countUp(gateway, '/v1')).toBe(2);

    link.cut();
    link.sever();
    await gateway.program.line(/lost the connection to the broker/);
    leaves.kill('SIGTERM');
    await other.program.line(/route unregistered/);
    await leaves.ended;
    expect(gateway.program.output).not.toMatch(/unregistered/);
    link.heal();
    await gateway.program.line(/route unregistered/);
    expect(await countUp(gateway, '/v1')).toBe(1);
    expect((await generateV5(gateway.url)).headers['x-server']).toBe('stays');
    expect(stays.output).not.toMatch(/left/);
  });
});

/** What a gateway has to tell of its only instance, from a moment on. */
async function historyOf(gateway: RunningGateway, since = 0): Promise<string> {
  const [instance] = (await explained(gateway, '/v1')).instances;
  const later = (instance?.history ?? []).filter(({ last }) => new Date(last).getTime() >= since);
  return later.map(({ what, times }) => `${what} ${times}`).join(', ');
}

describe('an instance without connection to the broker', () => {
  it('lost silently, keeps receiving traffic, because its probes succeed', async () => {
    const { link, env } = await wayToBroker();
    const gateway = await cluster.gateway();
    await cluster.idV5('one', env);
    await gateway.program.line(/route registered/);
    const load = new Load(gateway.url, [GENERATE_V5], { connections: 2 });
    link.cut();
    await expect.poll(() => historyOf(gateway), LONG).toMatch(/probe: ok [3-9]/);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(gateway.program.output).not.toMatch(/instance (suspected|down)|unregistered/);
  });

  it('reset, keeps receiving traffic, and rejoins its presence channel', async () => {
    const { link, env } = await wayToBroker();
    const gateway = await cluster.gateway();
    await cluster.idV5('one', env);
    await gateway.program.line(/route registered/);
    const load = new Load(gateway.url, [GENERATE_V5], { connections: 2 });
    link.cut();
    link.sever();
    await gateway.program.line(/instance suspected .*gone from its presence/);
    await gateway.program.line(/instance recovered/);
    const healedAt = Date.now();
    link.heal();
    await expect.poll(() => historyOf(gateway, healedAt), LONG).toMatch(/presence: joined/);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(gateway.program.output).not.toMatch(/instance down|unregistered/);
  });
});

describe('a gateway without connection to an instance', () => {
  it('sends it no requests, although it is registered, until it is reachable again', async () => {
    const port = await freePort();
    const link = await TcpLink.to({ host: '127.0.0.1', port }, { host: '127.0.0.2', port });
    onTestFinished(() => link.close());
    const gateway = await cluster.gateway();
    await cluster.idV5('beyond', { PORT: String(port), ROLLCALL_ADDRESS: '127.0.0.2' });
    await cluster.idV5('near');
    await expect.poll(() => countUp(gateway, '/v1')).toBe(2);

    link.cut();
    expect(
      await elapsed(
        gateway.program.line(/instance suspected .*127\.0\.0\.2.*not answered in time/),
      ),
    ).toBeLessThan(5000);
    const load = new Load(gateway.url, [GENERATE_V5], {
      connections: 2,
      onAnswer: (server) => expect(server).toBe('near'),
    });
    await expect.poll(() => load.answered, LONG).toBeGreaterThan(100);
    await load.stop();
    expect(load.failures).toEqual([]);
    // Membership is shared, health is not: for whoever asks the registry it is there.
    const ls = cluster.cli(['ls']);
    await ls.ended;
    expect(ls.output).toContain('127.0.0.2');

    link.heal();
    await gateway.program.line(/instance recovered .*127\.0\.0\.2/);
    const next = async () => (await generateV5(gateway.url)).headers['x-server'];
    expect(new Set([await next(), await next()])).toEqual(new Set(['beyond', 'near']));
  });
});
