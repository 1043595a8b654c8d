import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countUp } from '../../support/admin.ts';
import { hasSoketi } from '../../support/available.ts';
import { BrokerCluster } from '../../support/cluster.ts';
import type { BrokerKind, RunningGateway } from '../../support/cluster.ts';
import { elapsed } from '../../support/elapsed.ts';
import { GENERATE_V5, Load } from '../../support/load.ts';
import type { RunningProgram } from '../../support/processes.ts';

/** A connection is given up 15 s after it has fallen silent. */
const SILENCE_FOUND_OUT_MS = 60_000;

/** For what has no bound of its own. */
const LONG = { timeout: 10_000 };

function suite(kind: BrokerKind): void {
  let cluster: BrokerCluster;
  let gateway: RunningGateway;
  let services: RunningProgram[];
  beforeEach(async () => {
    cluster = await BrokerCluster.startWith(kind);
    gateway = await cluster.gateway();
    services = await Promise.all(['one', 'two', 'three'].map((name) => cluster.idV5(name)));
    await expect.poll(() => countUp(gateway, '/v1'), LONG).toBe(3);
  });
  afterEach(() => cluster.end());

  /** A gateway that knows nothing hears of everybody: all are in their presence channels again. */
  async function expectHeardAgain(count: number): Promise<void> {
    gateway.program.kill('SIGKILL');
    await gateway.program.ended;
    const fresh = await cluster.gateway();
    await expect.poll(() => countUp(fresh, '/v1'), LONG).toBe(count);
  }

  it('that is killed and restarted takes no instance down and fails no request', async () => {
    const load = new Load(gateway.url, [GENERATE_V5], { connections: 4 });
    cluster.broker.kill('SIGKILL');
    await gateway.program.line(/lost the connection to the broker/);
    const { answered } = load;
    await expect.poll(() => load.answered, LONG).toBeGreaterThan(answered + 500);
    await cluster.restartBroker();
    await gateway.program.line(/connected to the broker/);
    await cluster.idV5('four');
    await expect.poll(() => countUp(gateway, '/v1'), LONG).toBe(4);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(gateway.program.output).not.toMatch(/instance down|unregistered/);
    await expectHeardAgain(4);
  });

  it('that is unreachable when an instance is killed: the instance is down within 1 s, and stays down', async () => {
    const [dies] = services;
    cluster.broker.kill('SIGKILL');
    await gateway.program.line(/lost the connection to the broker/);
    dies?.kill('SIGKILL');
    expect(await elapsed(gateway.program.line(/instance down .*refuses connections/))).toBeLessThan(
      1000,
    );
    await cluster.restartBroker();
    await gateway.program.line(/connected to the broker/);
    await expect.poll(() => countUp(gateway, '/v1'), LONG).toBe(2);
    await expectHeardAgain(2);
  });

  it(
    'that hangs until all clients disconnect takes no instance down and fails no request',
    async () => {
      const load = new Load(gateway.url, [GENERATE_V5], { connections: 1 });
      cluster.broker.kill('SIGSTOP');
      await gateway.program.line(/lost the connection to the broker/);
      cluster.broker.kill('SIGCONT');
      await gateway.program.line(/connected to the broker/);
      await cluster.idV5('four');
      await expect.poll(() => countUp(gateway, '/v1'), LONG).toBe(4);
      await load.stop();
      expect(load.failures).toEqual([]);
      expect(gateway.program.output).not.toMatch(/instance down|unregistered/);
      await expectHeardAgain(4);
    },
    SILENCE_FOUND_OUT_MS,
  );
}

describe('the embedded broker', () => suite('embedded'));
describe.skipIf(!hasSoketi)('soketi', () => suite('soketi'));
