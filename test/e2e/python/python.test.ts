import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { countUp } from '../../support/admin.ts';
import { hasSoketi } from '../../support/available.ts';
import { ask, BrokerCluster, Cluster } from '../../support/cluster.ts';
import type { RunningGateway } from '../../support/cluster.ts';
import { APP } from '../../support/connection.ts';
import { elapsed } from '../../support/elapsed.ts';
import { freePort } from '../../support/free-port.js';
import { Load } from '../../support/load.ts';
import { childrenOf } from '../../support/processes.ts';
import type { Environment, RunningProgram } from '../../support/processes.ts';
import { hasPythonClient, pythonProgram, pythonService } from '../../support/python.ts';
import type { PythonServer } from '../../support/python.ts';

const FASTAPI: PythonServer = { module: 'fastapi_app', server: 'uvicorn' };
const FLASK: PythonServer = { module: 'flask_app', server: 'gunicorn', args: ['--threads', '4'] };
const DJANGO: PythonServer = {
  module: 'django_app',
  server: 'gunicorn',
  args: ['--threads', '4'],
  env: { INTERFACE: 'wsgi' },
};

/** Servers, and how many of their processes register. */
const SERVERS: Record<string, [PythonServer, number]> = {
  'FastAPI on uvicorn': [FASTAPI, 1],
  'FastAPI on uvicorn with 2 workers': [{ ...FASTAPI, args: ['--workers', '2'] }, 2],
  'Flask on gunicorn with threads': [FLASK, 1],
  'Flask on gunicorn with 2 workers': [{ ...FLASK, args: ['--threads', '4', '--workers', '2'] }, 2],
  'Django on gunicorn': [DJANGO, 1],
  'Django on uvicorn': [{ ...DJANGO, server: 'uvicorn', args: [], env: { INTERFACE: 'asgi' } }, 1],
};

vi.setConfig({ testTimeout: 90_000 });

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.start();
});
afterEach(() => cluster.end());

async function service(
  server: PythonServer,
  name: string,
  env: Environment = {},
): Promise<RunningProgram> {
  const settings = { ...cluster.env, SERVER_NAME: name, ...env };
  return pythonService(cluster.programs, server, await freePort(), settings);
}

/** Python and its web servers take seconds to start while other tests run. */
const STARTED = { timeout: 25_000 };

const instances = (gateway: RunningGateway) => (): Promise<number> => countUp(gateway, '/v1');

/** Replaces nothing, and stops one of two instances under load. */
async function stopsOne(gateway: RunningGateway, leaving: RunningProgram): Promise<void> {
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
  leaving.kill('SIGTERM');
  await expect.poll(instances(gateway), { interval: 20 }).toBe(1);
  leftAt = performance.now();
  await leaving.ended;
  const answered = load.answered;
  await expect.poll(() => load.answered).toBeGreaterThan(answered + 100);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(tooLate).toBe(0);
}

describe.skipIf(!hasPythonClient)('a service in Python', () => {
  it.each(Object.entries(SERVERS))(
    '%s fails no request when it stops, and receives none after it has left',
    async (_name, [server, workers]) => {
      const gateway = await cluster.gateway();
      const leaving = await service(server, 'leaving');
      await service(server, 'staying');
      await expect.poll(instances(gateway), STARTED).toBe(2);
      // One that still starts would register after the others have left.
      await expect
        .poll(() => leaving.output.match(/^registered /gm)?.length, STARTED)
        .toBe(workers);
      await stopsOne(gateway, leaving);
    },
  );

  it.each([FASTAPI, FLASK])(
    '$module on $server is out of service soon after it is killed',
    async (server) => {
      const gateway = await cluster.gateway();
      const program = await service(server, 'killed');
      await expect.poll(instances(gateway), STARTED).toBe(1);
      const processes = [program.pid, ...childrenOf(program.pid)];
      for (const pid of processes) process.kill(pid, 'SIGKILL');
      expect(await elapsed(expect.poll(instances(gateway), { interval: 20 }).toBe(0))).toBeLessThan(
        2000,
      );
    },
  );

  it('is one instance for all workers of gunicorn by its hook, and stays while it reloads them', async () => {
    const gateway = await cluster.gateway();
    const config = fileURLToPath(new URL('gunicorn_conf.py', import.meta.url));
    const args = ['--threads', '4', '--workers', '2', '--config', config];
    const hooked = { ...FLASK, module: 'plain_flask_app', args };
    const leaving = await service(hooked, 'leaving');
    await expect.poll(instances(gateway), STARTED).toBe(1);
    const load = new Load(gateway.url, [{ path: '/v1/who' }], { connections: 4 });
    leaving.kill('SIGHUP');
    // gunicorn's threads give a connection without a request 5 s, and 2 s more when it is kept.
    await expect.poll(() => leaving.output.match(/Worker exiting/g)?.length, STARTED).toBe(2);
    const answered = load.answered;
    await expect.poll(() => load.answered).toBeGreaterThan(answered + 100);
    await load.stop();
    expect(load.failures).toEqual([]);
    await service(hooked, 'staying');
    await expect.poll(instances(gateway), STARTED).toBe(2);
    await stopsOne(gateway, leaving);
  });

  it.each([FASTAPI, FLASK])(
    '$module on $server answers the request in flight and ends in time if the broker hangs',
    async (server) => {
      const own = await cluster.withBrokerProcess();
      cluster = own;
      const gateway = await cluster.gateway();
      const leaving = await service(server, 'leaving');
      await expect.poll(instances(gateway), STARTED).toBe(1);
      const answer = ask(`${gateway.url}/v1/slow`);
      await leaving.line(/asked/);
      own.broker.kill('SIGSTOP');
      leaving.kill('SIGTERM');
      expect((await answer).body).toContain('late');
      // What process managers often wait before they kill.
      expect(await elapsed(leaving.ended)).toBeLessThan(10_000);
      expect(leaving.output).toContain('could not leave the registry: ');
    },
  );

  it('serves without a broker, and registers when it is there', async () => {
    const port = await freePort();
    const env = { PUSHER_PORT: String(port) };
    const program = await service(FASTAPI, 'early', env);
    await program.line(/not registered yet, retrying: cannot reach the broker/);
    cluster.cli(['broker', '--port', String(port)], env);
    const gateway = await cluster.gateway([], env);
    await expect.poll(instances(gateway), STARTED).toBe(1);
  });

  it.each([
    { ROLLCALL_CHANNEL: 'private-mapped-discovery' },
    {
      ROLLCALL_CHANNEL: 'private-encrypted-mapped-discovery',
      ROLLCALL_MASTER_KEY: randomBytes(32).toString('base64'),
    },
  ])('is served in the registry $ROLLCALL_CHANNEL', async (env) => {
    const gateway = await cluster.gateway([], env);
    const leaving = await service(FASTAPI, 'leaving', env);
    await service(FLASK, 'staying', env);
    await expect.poll(instances(gateway), STARTED).toBe(2);
    await stopsOne(gateway, leaving);
  });
});

describe.skipIf(!hasPythonClient)('a caller in Python', () => {
  const caller = fileURLToPath(new URL('caller.py', import.meta.url));

  it('follows instances as they come and leave, and notices one that is killed', async () => {
    const leaving = await cluster.idV5('leaving');
    const killed = await cluster.idV5('killed');
    const program = pythonProgram(cluster.programs, [caller, '/health'], cluster.env);
    await program.line(/answered leaving/);
    await program.line(/answered killed/);
    await cluster.idV5('new');
    await program.line(/answered new/);
    leaving.kill('SIGTERM');
    await leaving.ended;
    expect(program.output).not.toContain('failed');
    killed.kill('SIGKILL');
    await killed.ended;
    const seen = program.lines.length;
    await expect.poll(() => program.lines.length).toBeGreaterThan(seen + 200);
    const since = program.lines.slice(seen);
    expect(since).not.toContain('answered leaving');
    expect(since).not.toContain('none');
    // Requests may fail until the broker, or the first of them, has shown that it is gone.
    expect(since.filter((line) => line.startsWith('failed')).length).toBeLessThan(5);
    expect(since.slice(-100)).toEqual(since.slice(-100).map(() => 'answered new'));
  });
});

describe.skipIf(!hasPythonClient)('a service in Python at two brokers', () => {
  it('stays while one of them is away, and fails no request when it stops', async () => {
    const ports = [await freePort(), await freePort()];
    const start = async (port: number): Promise<RunningProgram> => {
      const broker = cluster.cli(['broker', '--port', String(port)]);
      await broker.line(/broker listens/);
      return broker;
    };
    const brokers = await Promise.all(ports.map(start));
    const urls = ports.map(
      (port) => `http://${APP.key}:${APP.secret}@127.0.0.1:${port}/apps/${APP.appId}`,
    );
    const none = Object.fromEntries(Object.keys(cluster.env).map((name) => [name, '']));
    const env = { ...none, ROLLCALL_BROKERS: urls.join(',') };
    const gateway = await cluster.gateway([], env);
    const leaving = await service(FASTAPI, 'leaving', env);
    await service(FLASK, 'staying', env);
    await expect.poll(instances(gateway), STARTED).toBe(2);
    const load = new Load(gateway.url, [{ path: '/v1/who' }], { connections: 4 });
    brokers[0]?.kill('SIGKILL');
    await gateway.program.line(/lost the connection to the broker/);
    const answered = load.answered;
    await expect.poll(() => load.answered).toBeGreaterThan(answered + 100);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(await instances(gateway)()).toBe(2);
    await stopsOne(gateway, leaving);
  });
});

describe.skipIf(!hasPythonClient || !hasSoketi)('a service in Python on soketi', () => {
  it('fails no request when it stops, and is out of service soon after it is killed', async () => {
    const soketi = await BrokerCluster.startWith('soketi');
    try {
      const gateway = await soketi.gateway();
      const start = async (name: string): Promise<RunningProgram> =>
        pythonService(soketi.programs, FASTAPI, await freePort(), {
          ...soketi.env,
          SERVER_NAME: name,
        });
      const leaving = await start('leaving');
      const staying = await start('staying');
      await expect.poll(instances(gateway), STARTED).toBe(2);
      await stopsOne(gateway, leaving);
      staying.kill('SIGKILL');
      await expect.poll(instances(gateway)).toBe(0);
    } finally {
      await soketi.end();
    }
  });
});
