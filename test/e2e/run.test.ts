import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, Cluster, freePort } from '../support/cluster.ts';
import type { RunningProgram } from '../support/processes.ts';

let cluster: Cluster;
let gateway: { url: string; program: RunningProgram };
beforeEach(async () => {
  cluster = await Cluster.start('embedded');
  gateway = await cluster.gateway();
});
afterEach(() => cluster.end());

/** A program that knows nothing of Rollcall: healthy only from its third health check on. */
const SERVER = `
  let checks = 0;
  const server = require('node:http').createServer((request, response) => {
    if (request.url === '/health') response.statusCode = ++checks < 3 ? 503 : 200;
    response.end(request.url);
  });
  server.listen(Number(process.argv[1]), '127.0.0.1', () => console.log('program listens'));
  process.on('SIGTERM', () => { console.log('program stops'); process.exit(7); });
  process.on('SIGUSR2', () => console.log('program got SIGUSR2'));
`;

function run(port: number, options: string[] = [], command?: string[]) {
  return cluster.cli([
    'run',
    '--prefix',
    '/v3',
    '--port',
    String(port),
    ...options,
    '--',
    ...(command ?? ['node', '-e', SERVER, String(port)]),
  ]);
}

describe('rollcall run', () => {
  it('registers a program that knows nothing of it, and leaves before it stops it', async () => {
    const port = await freePort();
    const program = run(port);
    await program.line(/rollcall: registered \/v3 at 127\.0\.0\.1/);
    await gateway.program.line(/route registered .*\/v3/);
    expect((await ask(`${gateway.url}/v3/hello`)).body).toBe('/hello');

    program.kill('SIGTERM');
    await gateway.program.line(/route unregistered .*\/v3/);
    // It still serves whoever was sent to it before the exit was heard.
    for (let count = 0; count < 20; count++) {
      expect((await ask(`http://127.0.0.1:${port}/late`)).body).toBe('/late');
    }
    await program.line(/program stops/);
    expect((await program.ended).code).toBe(7);
  });

  it('registers only once the health path answers 2xx', async () => {
    const port = await freePort();
    const program = run(port, ['--health', '/health']);
    await program.line(/program listens/);
    await program.line(/rollcall: registered/);
    // The third check was the first to succeed: the program is healthy from then on.
    expect((await ask(`http://127.0.0.1:${port}/health`)).status).toBe(200);
    const ls = cluster.cli(['ls', '--json']);
    await ls.ended;
    expect(JSON.parse(ls.output)).toMatchObject([{ health: { path: '/health', method: 'GET' } }]);
    program.kill('SIGTERM');
    await program.ended;
  });

  it('passes other signals on', async () => {
    const program = run(await freePort());
    await program.line(/registered/);
    program.kill('SIGUSR2');
    await program.line(/program got SIGUSR2/);
    program.kill('SIGTERM');
    await program.ended;
  });

  it('takes a program that ended of itself off the table, and exits with its code', async () => {
    const port = await freePort();
    const program = run(
      port,
      [],
      [
        'node',
        '-e',
        `require('node:http').createServer((request) => process.exit(5)).listen(${port}, '127.0.0.1')`,
      ],
    );
    await program.line(/registered/);
    await gateway.program.line(/route registered/);
    await ask(`http://127.0.0.1:${port}/`).catch(() => {});
    await gateway.program.line(/route unregistered/);
    expect((await program.ended).code).toBe(5);
  });

  it('exits with 128 and the number of the signal that ended its program', async () => {
    const program = run(await freePort(), [], ['sh', '-c', 'kill -KILL $$']);
    expect((await program.ended).code).toBe(128 + 9);
  });

  it('stops a program that does not listen yet, without registering it', async () => {
    const program = run(await freePort(), [], ['sh', '-c', 'echo begun; sleep 60']);
    await program.line(/begun/);
    program.kill('SIGTERM');
    expect((await program.ended).code).toBe(128 + 15);
    expect(gateway.program.output).not.toMatch(/registered/);
  });

  it.each([
    ['a program that does not exist', ['/nowhere/program'], 127],
    ['a program that cannot be run', ['/etc/passwd'], 126],
  ])('says so in one line: %s', async (_what, command, code) => {
    const program = run(await freePort(), [], command);
    expect((await program.ended).code).toBe(code);
    expect(program.lines).toHaveLength(1);
    expect(program.output).toMatch(/^rollcall: cannot run/);
  });

  it('does not register what listened there before', async () => {
    const port = Number(new URL(gateway.url).port);
    const program = run(port);
    expect((await program.ended).code).toBe(3);
    expect(program.lines).toHaveLength(1);
    expect(program.output).toMatch(/something already listens/);
  });

  it('stops its program when the broker refuses', async () => {
    const port = await freePort();
    const program = cluster.cli(
      ['run', '--prefix', '/v3', '--port', String(port), '--', 'node', '-e', SERVER, String(port)],
      { PUSHER_APP_SECRET: 'wrong' },
    );
    expect((await program.ended).code).toBe(5);
    expect(program.output).toMatch(/refused/);
    await expect(ask(`http://127.0.0.1:${port}/`)).rejects.toThrow(/ECONNREFUSED/);
  });
});
