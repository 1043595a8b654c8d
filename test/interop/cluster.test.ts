import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countUp } from '../support/admin.ts';
import { hasRedis, hasSoketi } from '../support/available.ts';
import { freePort, generateV5 } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import { APP } from '../support/connection.ts';
import { PROGRAMS, Programs } from '../support/processes.ts';
import type { Environment, RunningProgram } from '../support/processes.ts';

const programs = new Programs();
let gatewayNode: Environment;
let serviceNode: Environment;
beforeEach(async () => {
  const redis = await freePort();
  const args = ['--port', String(redis), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  await programs.file('redis-server', args).line(/Ready to accept connections/);
  [gatewayNode, serviceNode] = await Promise.all([startNode(redis), startNode(redis)]);
});
afterEach(() => programs.endAll());

/** Starts one node of the cluster, and tells what has a program use it. */
async function startNode(redis: number): Promise<Environment> {
  const port = await freePort();
  const args = [port, APP.appId, APP.key, APP.secret].map(String);
  await programs
    .node(PROGRAMS.soketi, args, { REDIS_PORT: String(redis) })
    .line(/Websockets server is available/);
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
  const listens = /gateway listens at (\S+) \(admin API at (\S+)\)/;
  const [, url = '', adminUrl = ''] = await program.line(listens);
  return { program, url, adminUrl };
}

async function startService(env: Environment): Promise<RunningProgram> {
  const program = programs.node(PROGRAMS.idV5, [], { ...env, PORT: '0' });
  await program.line(/^registered \/v1 /);
  return program;
}

// Without them: apt install redis-server, and Node 20 for soketi.
describe.runIf(hasRedis && hasSoketi)('a cluster of two nodes that share a Redis', () => {
  it('brings an instance on one node to a gateway on the other, and takes it away', async () => {
    const gateway = await startGateway(gatewayNode);
    const service = await startService(serviceNode);
    await gateway.program.line(/route registered .*\/v1/);
    expect((await generateV5(gateway.url)).status).toBe(200);
    service.kill('SIGTERM');
    await gateway.program.line(/route unregistered .*\/v1 .*it has left/);
    expect((await service.ended).code).toBe(0);
  });

  it('shows a gateway that starts later who is there on the other node, by presence', async () => {
    await startService(serviceNode);
    const gateway = await startGateway(gatewayNode);
    await gateway.program.line(/route registered .*\/v1/);
    expect((await generateV5(gateway.url)).status).toBe(200);
  });

  it('has a crash on one node noticed on the other', async () => {
    const gateway = await startGateway(gatewayNode);
    const service = await startService(serviceNode);
    await expect.poll(() => countUp(gateway, '/v1')).toBe(1);
    service.kill('SIGKILL');
    await gateway.program.line(/in doubt .*gone from its presence channel/);
    await gateway.program.line(/out of rotation .*refuses connections/);
    expect((await generateV5(gateway.url)).status).toBe(503);
  });
});
