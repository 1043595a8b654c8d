import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countUp } from '../../support/admin.ts';
import { hasGo, hasSoketi } from '../../support/available.ts';
import { Cluster } from '../../support/cluster.ts';
import type { BrokerKind, RunningGateway } from '../../support/cluster.ts';
import { GENERATE_V4, GENERATE_V5, Load } from '../../support/load.ts';
import type { RunningProgram } from '../../support/processes.ts';

/** One place of a deployment: whoever runs there now, and how the next one is started. */
interface Place {
  readonly name: string;
  readonly start: (serverName: string) => Promise<RunningProgram>;
  program: RunningProgram;
}

function suite(kind: BrokerKind, leastRequests: number): void {
  let cluster: Cluster;
  let gateway: RunningGateway;
  beforeEach(async () => {
    cluster = await Cluster.start(kind);
    gateway = await cluster.gateway();
  });
  afterEach(() => cluster.end());

  async function place(name: string, start: Place['start']): Promise<Place> {
    return { name, start, program: await start(name) };
  }

  it(`restarted in turn, round after round, fail none of ${leastRequests} requests`, async () => {
    const v5 = (name: string) => cluster.idV5(name);
    const v4 = (name: string) => cluster.idV4(name);
    const places = await Promise.all([
      ...['a', 'b', 'c', 'd'].map((name) => place(name, v5)),
      ...(hasGo ? ['e', 'f'].map((name) => place(name, v4)) : []),
    ]);
    const total = async (): Promise<number> =>
      (await countUp(gateway, '/v1')) + (await countUp(gateway, '/v2'));
    await expect.poll(total).toBe(places.length);

    const leftAt = new Map<string, number>();
    const answeredBy = new Map<string, number>();
    const tooLate: string[] = [];
    const load = new Load(gateway.url, hasGo ? [GENERATE_V5, GENERATE_V4] : [GENERATE_V5], {
      connections: 32,
      onAnswer(server, sentAt) {
        answeredBy.set(server, (answeredBy.get(server) ?? 0) + 1);
        if (sentAt > (leftAt.get(server) ?? Infinity)) tooLate.push(server);
      },
    });
    let restarts = 0;
    for (let round = 1; load.answered < leastRequests; round++) {
      for (const each of places) {
        const old = each.program;
        const oldName = round === 1 ? each.name : `${each.name}${round - 1}`;
        const t0 = performance.now();
        const [, port] = await old.line(/(?:port |:)(\d+)$/);
        const t = () => Math.round(performance.now() - t0);
        void gateway.program.nextLine(new RegExp(`unregistered .*:${port} `)).then(() => (times += ` unreg ${t()}`));
        let times = oldName;
        old.kill('SIGTERM');
        await old.line(/left the registry/);
        times += ` left ${t()}`;
        leftAt.set(oldName, performance.now());
        expect(await old.ended).toEqual({ code: 0, signal: null });
        each.program = await each.start(`${each.name}${round}`);
        await expect.poll(total, { timeout: 5000 }).toBe(places.length);
        restarts++;
        console.log(times, 'ended and replaced', t(), 'late', tooLate.filter((x) => x === oldName).length);
      }
      console.log(round, load.answered, load.failures.length);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(tooLate).toEqual([]);
    // Each had its part before it left: or nothing was seen of what could fail.
    expect(answeredBy.size).toBeGreaterThanOrEqual(restarts);
  }, 120_000);
}

describe('instances on the embedded broker', () => suite('embedded', 100_000));
describe.skipIf(!hasSoketi)('instances on soketi', () => suite('soketi', 10_000));
