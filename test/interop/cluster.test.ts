import Pusher from 'pusher';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countUp } from '../support/admin.ts';
import { hasRedis, hasSoketi } from '../support/available.ts';
import { generateV5 } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import { APP } from '../support/connection.ts';
import { PROGRAMS, Programs } from '../support/processes.ts';
import type { Environment, RunningProgram } from '../support/processes.ts';
import { TcpLink } from '../support/tcp-link.ts';
import { freePort } from '../support/free-port.js';

const programs = new Programs();
interface Node {
  readonly program: RunningProgram;
  readonly port: number;
  /** The environment of programs that use it. */
  readonly env: Environment;
}

let one: Node;
let other: Node;
beforeEach(async () => {
  const redis = await freePort();
  const args = ['--port', String(redis), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  await programs.file('redis-server', args).line(/Ready to accept connections/);
  [one, other] = await Promise.all([startNode(redis), startNode(redis)]);
});
afterEach(() => programs.endAll());

async function startNode(redis: number): Promise<Node> {
  const port = await freePort();
  const args = [port, APP.appId, APP.key, APP.secret].map(String);
  const program = programs.node(PROGRAMS.soketi, args, { REDIS_PORT: String(redis) });
  await program.line(/Websockets server is available/);
  return { program, port, env: environmentFor(port) };
}

function environmentFor(port: number): Environment {
  return {
    PUSHER_APP_ID: APP.appId,
    PUSHER_APP_KEY: APP.key,
    PUSHER_APP_SECRET: APP.secret,
    PUSHER_HOST: '127.0.0.1',
    PUSHER_PORT: String(port),
  };
}

async function startGateway(env: Environment): Promise<RunningGateway> {
  const program = programs.node(PROGRAMS.cli, ['gateway', '--port', '0'], env);
  const listens = /gateway listens url=(\S+) adminUrl=(\S+)/;
  const [, url = '', adminUrl = ''] = await program.line(listens);
  return { program, url, adminUrl };
}

async function startService(env: Environment): Promise<RunningProgram> {
  const program = programs.node(PROGRAMS.idV5, [], { ...env, PORT: '0' });
  await program.line(/registered prefix=\/v1 /);
  return program;
}

/** Members of the presence channel of the only instance: the instance and its gateway. */
async function countMembers(port: number): Promise<number | undefined> {
  const sdk = new Pusher({ ...APP, host: '127.0.0.1', port: String(port), useTLS: false });
  const params = { filter_by_prefix: 'presence-' };
  const answer = await sdk.get({ path: '/channels', params });
  const { channels } = (await answer.json()) as {
    channels: Record<string, { subscription_count: number }>;
  };
  return Object.values(channels)[0]?.subscription_count;
}

// Skipped without redis-server (apt-get install redis-server), and without Node 20, which soketi needs.
describe.runIf(hasRedis && hasSoketi)('gateways on two nodes of soketi that share a Redis', () => {
  it('registers and unregisters an instance across nodes', async () => {
    const gateway = await startGateway(one.env);
    const service = await startService(other.env);
    await gateway.program.line(/route registered .*\/v1/);
    expect((await generateV5(gateway.url)).status).toBe(200);
    service.kill('SIGTERM');
    await gateway.program.line(/route unregistered .*\/v1 .*it has left/);
    expect((await service.ended).code).toBe(0);
  });

  it('gives a later gateway the instances of the other node, by presence', async () => {
    await startService(other.env);
    const gateway = await startGateway(one.env);
    await gateway.program.line(/route registered .*\/v1/);
    expect((await generateV5(gateway.url)).status).toBe(200);
  });

  it('detects on one node the crash of an instance on the other', async () => {
    const gateway = await startGateway(one.env);
    const service = await startService(other.env);
    await expect.poll(() => countUp(gateway, '/v1')).toBe(1);
    service.kill('SIGKILL');
    await gateway.program.line(/instance suspected .*gone from its presence channel/);
    await gateway.program.line(/instance down .*refuses connections/);
    expect((await generateV5(gateway.url)).status).toBe(503);
  });

  it('fails over when a node ends and its name resolves to the other', async () => {
    const at = { host: '127.0.0.1', port: await freePort() };
    const name = await TcpLink.to({ host: '127.0.0.1', port: one.port }, at);
    const env = environmentFor(name.port);
    const gateway = await startGateway(env);
    const service = await startService(env);
    await expect.poll(() => countUp(gateway, '/v1')).toBe(1);

    one.program.kill('SIGKILL');
    await gateway.program.line(/lost the connection to the broker/);
    expect((await generateV5(gateway.url)).status).toBe(200);
    await name.close();
    const moved = await TcpLink.to({ host: '127.0.0.1', port: other.port }, at);
    await gateway.program.line(/connected to the broker/);
    expect((await generateV5(gateway.url)).status).toBe(200);

    // The instance reconnected to the other node too, so its crash is detected there.
    await expect.poll(() => countMembers(other.port), { timeout: 15_000 }).toBe(2);
    service.kill('SIGKILL');
    await gateway.program.line(/instance suspected .*gone from its presence channel/);
    await moved.close();
  });
});
