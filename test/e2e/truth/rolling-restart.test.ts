import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countUp } from '../../support/admin.ts';
import { hasGo, hasSoketi } from '../../support/available.ts';
import { BrokerCluster } from '../../support/cluster.ts';
import type { BrokerKind, RunningGateway } from '../../support/cluster.ts';
import { GENERATE_V4, GENERATE_V5, Load } from '../../support/load.ts';
import type { RunningProgram } from '../../support/processes.ts';

const CONNECTIONS = 32;

/** One of the processes that a deployment consists of, under a name that no other ever has. */
interface Instance {
  readonly name: string;
  readonly program: RunningProgram;
  readonly successor: (name: string) => Promise<Instance>;
}

function suite(kind: BrokerKind, requests: number): void {
  let cluster: BrokerCluster;
  let gateway: RunningGateway;
  beforeEach(async () => {
    cluster = await BrokerCluster.startWith(kind);
    gateway = await cluster.gateway();
  });
  afterEach(() => cluster.end());

  const v5 = async (name: string): Promise<Instance> => ({
    name,
    program: await cluster.idV5(name),
    successor: v5,
  });
  const v4 = async (name: string): Promise<Instance> => ({
    name,
    program: await cluster.idV4(name),
    successor: v4,
  });
  const total = async (): Promise<number> =>
    (await countUp(gateway, '/v1')) + (await countUp(gateway, '/v2'));

  it(`fails none of ${requests} requests, and sends none to an instance that has left`, async () => {
    let instances = await Promise.all([
      ...['a', 'b', 'c', 'd'].map(v5),
      ...(hasGo ? ['e', 'f'].map(v4) : []),
    ]);
    await expect.poll(total).toBe(instances.length);

    const leftAt = new Map<string, number>();
    const answeredBy = new Set<string>();
    const tooLate = new Set<string>();
    const load = new Load(gateway.url, hasGo ? [GENERATE_V5, GENERATE_V4] : [GENERATE_V5], {
      connections: CONNECTIONS,
      onAnswer(server, sentAt) {
        answeredBy.add(server);
        if (sentAt > (leftAt.get(server) ?? Infinity)) tooLate.add(server);
      },
    });
    async function replace({ name, program, successor }: Instance): Promise<Instance> {
      // Otherwise nothing would be seen of what can fail.
      await expect.poll(() => answeredBy.has(name)).toBe(true);
      program.kill('SIGTERM');
      await program.line(/left the registry/);
      leftAt.set(name, performance.now());
      expect(await program.ended).toEqual({ code: 0, signal: null });
      const next = await successor(`${name}'`);
      await expect.poll(total).toBe(instances.length);
      return next;
    }
    while (load.answered < requests) {
      const next: Instance[] = [];
      for (const instance of instances) next.push(await replace(instance));
      instances = next;
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect([...tooLate]).toEqual([]);
  }, 180_000);
}

describe('repeated rolling restarts on the embedded broker', () => suite('embedded', 50_000));
describe.skipIf(!hasSoketi)('repeated rolling restarts on soketi', () => suite('soketi', 10_000));
