import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countUp } from '../../support/admin.ts';
import { ask, Cluster } from '../../support/cluster.ts';
import { elapsed } from '../../support/elapsed.ts';
import { Load } from '../../support/load.ts';
import type { Environment, RunningProgram } from '../../support/processes.ts';
import { freePort } from '../../support/free-port.js';

const FRAMEWORKS: Record<string, [module: string, args: string[]]> = {
  'Express 5': ['express.js', []],
  'Express 4': ['express.js', ['4']],
  'Fastify 5': ['fastify.js', []],
};

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.start();
});
afterEach(() => cluster.end());

/** Asks for what takes a second, and resolves when it is under way. */
async function askSlowly(service: RunningProgram): Promise<{ answer: Promise<{ body: string }> }> {
  const [, port] = await service.line(/listens at port (\d+)/);
  const answer = ask(`http://127.0.0.1:${port}/slow`);
  await service.line(/asked/);
  return { answer };
}

describe.each(Object.entries(FRAMEWORKS))('%s', (_name, [module, args]) => {
  function service(name: string, env: Environment = {}): RunningProgram {
    const file = fileURLToPath(new URL(module, import.meta.url));
    return cluster.programs.node(file, args, { ...cluster.env, SERVER_NAME: name, ...env });
  }

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'fails no request under load at %s, and receives none after it has left',
    async (signal) => {
      const gateway = await cluster.gateway();
      const [leaving] = [service('leaving'), service('staying')];
      await expect.poll(() => countUp(gateway, '/v1')).toBe(2);

      let leftAt = Infinity;
      let tooLate = 0;
      const answeredBy = new Set<string>();
      const load = new Load(gateway.url, [{ path: '/v1/who' }], {
        connections: 16,
        onAnswer(server, sentAt) {
          answeredBy.add(server);
          if (server === 'leaving' && sentAt > leftAt) tooLate++;
        },
      });
      await expect.poll(() => answeredBy.size).toBe(2);
      leaving.kill(signal);
      await gateway.program.line(/route unregistered/);
      leftAt = performance.now();
      expect(await leaving.ended).toEqual({ code: 0, signal: null });
      const answered = load.answered;
      await expect.poll(() => load.answered).toBeGreaterThan(answered + 100);
      await load.stop();
      expect(load.failures).toEqual([]);
      expect(tooLate).toBe(0);
    },
  );

  it('answers requests in flight and exits in time if the broker hangs', async () => {
    const own = await cluster.withBrokerProcess();
    cluster = own;
    const gateway = await cluster.gateway();
    const leaving = service('leaving');
    await expect.poll(() => countUp(gateway, '/v1')).toBe(1);
    const { answer } = await askSlowly(leaving);
    own.broker.kill('SIGSTOP');
    leaving.kill('SIGTERM');
    expect((await answer).body).toBe('late');
    // What process managers often wait before they kill.
    expect(await elapsed(leaving.ended)).toBeLessThan(10_000);
    expect((await leaving.ended).code).toBe(1);
    expect(leaving.output).toContain('could not leave the registry: ');
  });
});

it('Fastify answers requests in flight at a signal without a broker', async () => {
  const file = fileURLToPath(new URL('fastify.js', import.meta.url));
  const env = { ...cluster.env, PUSHER_PORT: String(await freePort()) };
  const leaving = cluster.programs.node(file, [], env);
  await leaving.line(/cannot reach the broker/);
  const { answer } = await askSlowly(leaving);
  leaving.kill('SIGTERM');
  expect((await answer).body).toBe('late');
  expect(await leaving.ended).toEqual({ code: 0, signal: null });
});
