import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasGo, hasSoketi } from '../support/available.ts';
import { ask, BrokerCluster, generateV4, generateV5 } from '../support/cluster.ts';
import type { Answer, BrokerKind } from '../support/cluster.ts';

/** Python: uuid.uuid5(uuid.NAMESPACE_URL, '3jhbj333') */
const UUID_V5 = 'ded2f335-7fd4-5b9b-a118-3cf44a258ba4';
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function suite(kind: BrokerKind): void {
  let cluster: BrokerCluster;
  beforeEach(async () => {
    cluster = await BrokerCluster.startWith(kind);
  });
  afterEach(() => cluster.end());

  it('routes to a TypeScript service in exact round-robin', async () => {
    const { url, program } = await cluster.gateway();
    await cluster.idV5('one');
    await cluster.idV5('two');
    await expect.poll(() => program.output.match(/route registered/g)?.length).toBe(2);

    const answers: Answer[] = [];
    for (let count = 0; count < 6; count++) answers.push(await generateV5(url));
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(JSON.parse(body)).toEqual({
        id: UUID_V5,
        timestamp: expect.closeTo(Date.now(), -5) as number,
        message: 'UUID was successfully generated',
      });
    }
    const servers = answers.map(({ headers }) => headers['x-server']);
    expect(['one two one two one two', 'two one two one two one']).toContain(servers.join(' '));
  });

  it.skipIf(!hasGo)('routes to a Go service in exact round-robin', async () => {
    const { url, program } = await cluster.gateway();
    await cluster.idV4('one');
    await cluster.idV4('two');
    await expect.poll(() => program.output.match(/route registered/g)?.length).toBe(2);

    const answers: Answer[] = [];
    for (let count = 0; count < 4; count++) answers.push(await generateV4(url));
    const ids = answers.map(({ body }) => (JSON.parse(body) as { status: number; id: string }).id);
    for (const id of ids) expect(id).toMatch(UUID_V4);
    expect(new Set(ids).size).toBe(4);
    expect(answers[0]).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json' },
    });
    const servers = answers.map(({ headers }) => headers['x-server']);
    expect(['one two one two', 'two one two one']).toContain(servers.join(' '));
  });

  it('answers 404 for an unknown path, and 503 for a service without instances', async () => {
    const { url, program } = await cluster.gateway();
    const service = await cluster.idV5('one');
    await program.line(/route registered/);
    expect((await ask(`${url}/v10/generate`)).status).toBe(404);
    service.kill('SIGTERM');
    await program.line(/route unregistered/);
    expect(await generateV5(url)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect((await service.ended).code).toBe(0);
  });

  it.each<[string, NodeJS.Signals]>([
    ['id-v5', 'SIGTERM'],
    ['id-v5', 'SIGINT'],
    ...(hasGo
      ? ([
          ['id-v4', 'SIGTERM'],
          ['id-v4', 'SIGINT'],
        ] as [string, NodeJS.Signals][])
      : []),
  ])(
    'fails no request when an instance of %s stops by %s under load, and sends it none after its exit was accepted',
    async (service, signal) => {
      const { url, program } = await cluster.gateway();
      const start = (name: string) =>
        service === 'id-v5' ? cluster.idV5(name) : cluster.idV4(name);
      const leaver = await start('leaver');
      await start('stayer');
      await expect.poll(() => program.output.match(/route registered/g)?.length).toBe(2);

      let hasLeft = false;
      let stopped = false;
      const seen = { failed: 0, before: 0, after: 0, leaverAfterwards: 0 };
      const load = async (): Promise<void> => {
        while (!stopped) {
          const sentAfterwards = hasLeft;
          const answer = await (service === 'id-v5' ? generateV5(url) : generateV4(url));
          const byLeaver = answer.headers['x-server'] === 'leaver';
          if (answer.status !== 200) seen.failed++;
          if (sentAfterwards && byLeaver) seen.leaverAfterwards++;
          if (byLeaver) seen.before++;
          if (sentAfterwards) seen.after++;
        }
      };
      const clients = Array.from({ length: 8 }, load);
      await expect.poll(() => seen.before).toBeGreaterThan(20);
      leaver.kill(signal);
      await leaver.line(/left the registry/);
      await program.line(/route unregistered/);
      hasLeft = true;
      expect((await leaver.ended).code).toBe(0);
      await expect.poll(() => seen.after).toBeGreaterThan(200);
      stopped = true;
      await Promise.all(clients);
      expect(seen).toMatchObject({ failed: 0, leaverAfterwards: 0 });
    },
  );

  it('sends requests to the other instance when one crashes', async () => {
    const { url, program } = await cluster.gateway();
    const crashing = await cluster.idV5('crashing');
    await cluster.idV5('staying');
    await expect.poll(() => program.output.match(/route registered/g)?.length).toBe(2);
    crashing.kill('SIGKILL');
    await crashing.ended;
    for (let count = 0; count < 6; count++) {
      expect(await generateV5(url)).toMatchObject({
        status: 200,
        headers: { 'x-server': 'staying' },
      });
    }
  });

  it('keeps routing without the broker, and learns new instances when it is back', async () => {
    const { url, program } = await cluster.gateway();
    await cluster.idV5('one');
    await program.line(/route registered/);
    cluster.broker.kill('SIGKILL');
    await program.line(/lost the connection to the broker/);
    expect((await generateV5(url)).status).toBe(200);

    await cluster.restartBroker();
    await program.line(/connected to the broker/);
    await cluster.idV5('two');
    await expect.poll(() => program.output.match(/route registered/g)?.length).toBe(2);
    expect((await generateV5(url)).status).toBe(200);
  });

  it('lists the instances that a gateway knows', async () => {
    const { program } = await cluster.gateway();
    await cluster.idV5('one');
    const [, port] = await program.line(/route registered .*:(\d+) /);
    const ls = cluster.cli(['ls', '--json']);
    expect((await ls.ended).code).toBe(0);
    expect(JSON.parse(ls.output)).toEqual([
      {
        prefix: '/v1',
        port: Number(port),
        address: '127.0.0.1',
        host: 'one',
        name: 'id-v5',
        health: { path: '/health', method: 'GET' },
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        inc: expect.any(Number) as number,
        seq: 0,
        state: 'healthy',
      },
    ]);
  });
}

describe('the walkthrough on the embedded broker', () => suite('embedded'));
describe.skipIf(!hasSoketi)('the walkthrough on soketi', () => suite('soketi'));
