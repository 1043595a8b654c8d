import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasGo } from '../support/available.ts';
import { ask } from '../support/cluster.ts';
import { freePort } from '../support/free-port.js';
import { PROGRAMS, Programs } from '../support/processes.ts';
import type { Environment, RunningProgram } from '../support/processes.ts';

let programs: Programs;
let env: Environment;
let folder: string;
beforeEach(async () => {
  programs = new Programs();
  folder = mkdtempSync(join(tmpdir(), 'rollcall-'));
  env = { PUSHER_PORT: String(await freePort()), ROLLCALL_SNAPSHOT: join(folder, 'table') };
});
afterEach(async () => {
  await programs.endAll();
  rmSync(folder, { recursive: true });
});

async function startBroker(): Promise<RunningProgram> {
  const broker = programs.node(PROGRAMS.cli, ['broker'], env);
  await broker.line(/broker listens/);
  return broker;
}

interface Gateway {
  readonly program: RunningProgram;
  readonly url: string;
  readonly adminUrl: string;
}

async function startGateway(...options: string[]): Promise<Gateway> {
  const program = programs.node(PROGRAMS.cli, ['gateway', '--port', '0', ...options], env);
  const [, url = '', adminUrl = ''] = await program.line(
    /gateway listens url=(\S+) adminUrl=(\S+)/,
  );
  return { program, url, adminUrl };
}

const SERVER = `
  require('node:http').createServer((request, response) => response.end('ok'))
    .listen(Number(process.argv[1]), '127.0.0.1');
`;

const count = (program: RunningProgram, pattern: RegExp): number =>
  program.lines.filter((line) => pattern.test(line)).length;

/** Services by each way to register: the prefix, and how to start one on a port. */
const SERVICES: Record<string, [prefix: string, start: (port: number) => RunningProgram]> = {
  'register()': ['/v1', (port) => programs.node(PROGRAMS.idV5, [], { ...env, PORT: String(port) })],
  'rollcall run': [
    '/v3',
    (port) => {
      const command = ['node', '-e', SERVER, String(port)];
      const options = ['--prefix', '/v3', '--port', String(port)];
      return programs.node(PROGRAMS.cli, ['run', ...options, '--', ...command], env);
    },
  ],
  Express: ['/v1', (port) => plugin('express', port)],
  Fastify: ['/v1', (port) => plugin('fastify', port)],
  ...(hasGo && {
    Go: ['/v2', (port) => programs.file(PROGRAMS.idV4, ['-http.port', String(port)], env)],
  }),
};

function plugin(name: string, port: number): RunningProgram {
  const file = fileURLToPath(new URL(`plugins/${name}.js`, import.meta.url));
  return programs.node(file, [], { ...env, PORT: String(port) });
}

describe.each(Object.entries(SERVICES))('a service with %s', (_name, [prefix, start]) => {
  it('serves while the broker is away, says so once, and is registered when it is back', async () => {
    const port = await freePort();
    const service = start(port);
    await service.line(/not registered yet, retrying: cannot reach the broker/);
    await expect.poll(() => ask(`http://127.0.0.1:${port}/health`)).toMatchObject({ status: 200 });

    await startBroker();
    await service.line(/registered .*127\.0\.0\.1/);
    const { url } = await startGateway();
    await expect
      .poll(async () => (await ask(`${url}${prefix}/health`)).status, { timeout: 5000 })
      .toBe(200);
    expect(count(service, /not registered yet/)).toBe(1);
    service.kill('SIGTERM');
    await service.ended;
  });

  it('leaves at once and without an error if it never was registered', async () => {
    const service = start(await freePort());
    await service.line(/not registered yet/);
    service.kill('SIGTERM');
    const before = performance.now();
    const { code } = await service.ended;
    expect(performance.now() - before).toBeLessThan(3000);
    // A program of "rollcall run" that is ended by SIGTERM.
    expect([0, 143]).toContain(code);
    expect(service.output).not.toMatch(/could not leave/);
  });
});

describe.each([[[]], [['--workers', '2']]])('a gateway with %j', (options) => {
  it('listens without a broker and a snapshot, and answers 503 until it has received the registry', async () => {
    const { program, url, adminUrl } = await startGateway(...options);
    await program.line(/WARN .*cannot reach the broker/);
    const unknown = await ask(`${url}/v3/`);
    expect([unknown.status, JSON.parse(unknown.body)]).toMatchObject([503, { code: 'starting' }]);
    expect(unknown.headers['retry-after']).toBeDefined();
    const ready = await ask(`${adminUrl}/ready`);
    expect(ready.status).toBe(503);
    expect(ready.body).toMatch(/has not reached the broker since it started/);

    await startBroker();
    await program.line(/connected to the broker/);
    await expect.poll(async () => (await ask(`${url}/v3/`)).status).toBe(404);
    const connected = await ask(`${adminUrl}/ready`);
    expect(JSON.parse(connected.body)).toMatchObject({ isReady: true, discovery: 'connected' });
  });

  it('routes by its snapshot without a broker', async () => {
    const broker = await startBroker();
    const [, start] = SERVICES['rollcall run'] ?? [];
    const service = start?.(await freePort());
    await service?.line(/registered/);
    const first = await startGateway();
    await expect.poll(async () => (await ask(`${first.url}/v3/`)).status).toBe(200);
    first.program.kill('SIGTERM');
    await first.program.ended;
    broker.kill('SIGKILL');
    await broker.ended;

    const { url, adminUrl } = await startGateway(...options);
    await expect.poll(async () => (await ask(`${url}/v3/`)).status).toBe(200);
    expect((await ask(`${url}/v4/`)).status).toBe(503);
    const ready = JSON.parse((await ask(`${adminUrl}/ready`)).body) as unknown;
    expect(ready).toMatchObject({
      isReady: true,
      discovery: 'disconnected',
      detail: expect.stringMatching(/routes by its snapshot/) as string,
    });
    service?.kill('SIGTERM');
    await service?.ended;
  });
});

it('a gateway ends without the broker that it requires', async () => {
  const options = ['gateway', '--port', '0', '--require-broker'];
  const program = programs.node(PROGRAMS.cli, options, env);
  expect(await program.ended).toMatchObject({ code: 4 });
  expect(program.output).toMatch(/cannot reach the broker at .* \(ECONNREFUSED\)/);
});
