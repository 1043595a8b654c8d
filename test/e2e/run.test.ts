import { setTimeout } from 'node:timers/promises';
import { SAME_SIGNAL_MS } from '@rollcall/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, Cluster } from '../support/cluster.ts';
import { Mark } from '../support/processes.ts';
import { freePort } from '../support/free-port.js';

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.start();
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
  const stop = () => { console.log('program stops'); process.exit(7); };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  for (const signal of ['SIGUSR1', 'SIGUSR2'])
    process.on(signal, () => console.log('program got ' + signal));
`;

function run(port: number, options: string[] = [], command?: string[], mark?: Mark) {
  const program = command ?? ['node', '-e', SERVER, String(port)];
  return cluster.cli(
    ['run', '--prefix', '/v3', '--port', String(port), ...options, '--', ...program],
    mark?.env,
  );
}

describe('rollcall run', () => {
  it('registers a program without Rollcall, and leaves before stopping it', async () => {
    const gateway = await cluster.gateway();
    const port = await freePort();
    const program = run(port);
    await program.line(/INFO  registered prefix=\/v3 address=127\.0\.0\.1 port=/);
    await gateway.program.line(/route registered .*\/v3/);
    expect((await ask(`${gateway.url}/v3/hello`)).body).toBe('/hello');

    program.kill('SIGTERM');
    await gateway.program.line(/route unregistered .*\/v3/);
    // It still serves whoever was sent to it before the exit was heard.
    const late = Array.from({ length: 5 }, () => ask(`http://127.0.0.1:${port}/late`));
    expect((await Promise.all(late)).map(({ body }) => body)).toEqual(Array(5).fill('/late'));
    await program.line(/program stops/);
    expect((await program.ended).code).toBe(7);
  });

  it('says what the health path answers while it waits', async () => {
    const port = await freePort();
    const strict = `require('node:http').createServer((request, response) => {
      response.writeHead(request.headers.host === 'example.com' ? 200 : 401).end();
    }).listen(${port}, '127.0.0.1')`;
    const program = run(port, ['--health', '/health'], ['node', '-e', strict]);
    await program.line(/still waiting for \/health .* to be healthy: GET \/health answered 401/);
    program.kill('SIGTERM');
    await program.ended;
    const other = run(port, ['--health', 'example.com/health'], ['node', '-e', strict]);
    await other.line(/INFO  registered prefix=\/v3 /);
    other.kill('SIGTERM');
    await other.ended;
  });

  it('takes a redirect of the health path for healthy, as gateways do', async () => {
    const gateway = await cluster.gateway();
    const port = await freePort();
    const redirecting = `require('node:http').createServer((request, response) => {
      response.writeHead(302, { location: '/login' }).end();
    }).listen(${port}, '127.0.0.1')`;
    const program = run(port, ['--health', '/x'], ['node', '-e', redirecting]);
    await program.line(/INFO  registered prefix=\/v3 /);
    await gateway.program.line(/route registered .*\/v3/);
    expect((await ask(`${gateway.url}/v3/x`)).status).toBe(302);
    program.kill('SIGTERM');
    await program.ended;
  });

  it('registers only once the health path is healthy', async () => {
    await cluster.gateway();
    const port = await freePort();
    const program = run(port, ['--health', '/health']);
    await program.line(/program listens/);
    await program.line(/INFO  registered/);
    // The third check was the first to succeed: the program is healthy from then on.
    expect((await ask(`http://127.0.0.1:${port}/health`)).status).toBe(200);
    const ls = cluster.cli(['ls', '--json']);
    await ls.ended;
    expect(JSON.parse(ls.output)).toMatchObject([{ health: { path: '/health', method: 'GET' } }]);
    program.kill('SIGTERM');
    await program.ended;
  });

  it('asks gateways to keep the prefix, and to be sticky', async () => {
    const gateway = await cluster.gateway();
    const program = run(await freePort(), ['--no-strip', '--sticky', 'cookie:io']);
    await gateway.program.line(/route registered .*\/v3/);
    expect((await ask(`${gateway.url}/v3/hello`)).body).toBe('/v3/hello');
    const ls = cluster.cli(['ls', '--json']);
    await ls.ended;
    const policy = { strip: false, balancing: 'hash', hashBy: 'cookie:io' };
    expect(JSON.parse(ls.output)).toMatchObject([{ policy }]);
    program.kill('SIGTERM');
    await program.ended;
  });

  it.each(['SIGUSR1', 'SIGUSR2'] as const)('forwards %s', async (signal) => {
    const program = run(await freePort());
    await program.line(/registered/);
    program.kill(signal);
    await program.line(new RegExp(`program got ${signal}`));
    expect(program.output).not.toMatch(/[Dd]ebugger/);
    program.kill('SIGTERM');
    await program.ended;
  });

  it('leaves when its program ends, and exits with its code', async () => {
    const gateway = await cluster.gateway();
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

  it('stops a program that does not listen yet without registering it', async () => {
    const gateway = await cluster.gateway();
    const program = run(await freePort(), [], ['sh', '-c', 'echo begun; sleep 60']);
    await program.line(/begun/);
    program.kill('SIGTERM');
    expect((await program.ended).code).toBe(128 + 15);
    expect(gateway.program.output).not.toMatch(/registered/);
  });

  it('forwards a signal sent as soon as its program starts', async () => {
    const mark = new Mark();
    const ports = await Promise.all(Array.from({ length: 6 }, () => freePort()));
    const command = ['sh', '-c', 'kill -TERM $PPID; exec sleep 60'];
    const programs = ports.map((port) => run(port, [], command, mark));
    for (const program of programs) {
      expect(await program.ended).toEqual({ code: 128 + 15, signal: null });
    }
    await mark.gone();
  });

  // The shell ends at once, while the server that it started takes its time, or never ends.
  const SLOW = `process.on('SIGTERM', () => setTimeout(() => { console.log('drained'); process.exit(); }, 300));`;
  const DEAF = `process.on('SIGTERM', () => console.log('ignored'));`;
  it.each([
    ['waits for', SLOW, /drained/],
    ['ends', DEAF, /ignored/],
  ])('%s child processes that its program left running', async (_what, onSigterm, line) => {
    const mark = new Mark();
    const server = `${onSigterm} require('node:http').createServer().listen(process.argv[1], '127.0.0.1')`;
    const port = await freePort();
    const shell = ['sh', '-c', 'node -e "$0" "$1" & wait', server, String(port)];
    const program = run(port, [], shell, mark);
    await program.line(/registered/);
    program.kill('SIGTERM');
    expect((await program.ended).code).toBe(128 + 15);
    expect(program.output).toMatch(line);
    expect(mark.processes()).toEqual([]);
  });

  it('signals again at the second signal, and kills its program at the third', async () => {
    const deaf = `
      let count = 0;
      process.on('SIGTERM', () => console.log('ignored', ++count));
      require('node:http').createServer().listen(process.argv[1], '127.0.0.1');
    `;
    const mark = new Mark();
    const port = await freePort();
    const program = run(port, [], ['node', '-e', deaf, String(port)], mark);
    await program.line(/registered/);
    program.kill('SIGTERM');
    await program.line(/ignored 1/);
    program.kill('SIGTERM');
    await program.line(/ignored 2/);
    program.kill('SIGTERM');
    expect((await program.ended).code).toBe(128 + 9);
    expect(mark.processes()).toEqual([]);
  });

  it('does not wait for leaving at the second signal', async () => {
    const own = await cluster.withBrokerProcess();
    cluster = own;
    const port = await freePort();
    const program = run(port);
    await program.line(/registered/);
    // A broker that does not answer: leaving takes as long as it may.
    own.broker.kill('SIGSTOP');
    program.kill('SIGINT');
    // A signal that follows at once counts as the same.
    await setTimeout(SAME_SIGNAL_MS + 100);
    const asked = performance.now();
    program.kill('SIGTERM');
    await program.line(/program stops/);
    expect(performance.now() - asked).toBeLessThan(2000);
    await program.ended;
  });

  it.each([
    ['a program that does not exist', ['/nowhere/program'], 127],
    ['a program that cannot be run', ['/etc/passwd'], 126],
  ])('reports in one line: %s', async (_what, command, code) => {
    const program = run(await freePort(), [], command);
    expect((await program.ended).code).toBe(code);
    expect(program.lines).toHaveLength(1);
    expect(program.output).toMatch(/ERROR cannot run/);
  });

  it('registers a program that listens on ::1 only', async () => {
    const gateway = await cluster.gateway();
    const port = await freePort();
    const server = `require('node:http').createServer((_, response) => response.end('six')).listen(${port}, '::1')`;
    const program = run(port, [], ['node', '-e', server]);
    await program.line(/registered prefix=\/v3 address=::1 /);
    await expect.poll(async () => (await ask(`${gateway.url}/v3/`)).body).toBe('six');
    program.kill('SIGTERM');
    await program.ended;
  });

  it('registers under the same id when it is started again', async () => {
    await cluster.gateway();
    const port = await freePort();
    const ids: unknown[] = [];
    for (let count = 0; count < 2; count++) {
      const program = run(port);
      await program.line(/registered/);
      const ls = cluster.cli(['ls', '--json']);
      await ls.ended;
      ids.push(...(JSON.parse(ls.output) as { id: string }[]).map(({ id }) => id));
      program.kill('SIGTERM');
      await program.ended;
    }
    expect(ids).toEqual([ids[0], ids[0]]);
  });

  it.each([
    [[], 'PUSHER_APP_KEY PUSHER_APP_SECRET= ROLLCALL_ADMIN_TOKEN='],
    [['--pass-secrets'], 'PUSHER_APP_KEY PUSHER_APP_SECRET=s ROLLCALL_ADMIN_TOKEN=t'],
  ])('with %j gives its program the secrets only if asked', async (options, expected) => {
    const script = `echo "PUSHER_APP_KEY PUSHER_APP_SECRET=\${PUSHER_APP_SECRET:+s} ROLLCALL_ADMIN_TOKEN=\${ROLLCALL_ADMIN_TOKEN:+t}"`;
    const args = ['run', '--prefix', '/v3', '--port', String(await freePort()), ...options, '--'];
    const program = cluster.cli([...args, 'sh', '-c', script], {
      ROLLCALL_ADMIN_TOKEN: '0123456789abcdef',
    });
    await program.ended;
    expect(program.output).toContain(expected);
  });

  it('reports a program that ends without having listened, and exits with 3', async () => {
    const program = run(await freePort(), [], ['true']);
    expect((await program.ended).code).toBe(3);
    expect(program.output).toMatch(/ERROR the program ended before it was registered/);
  });

  it('leaves at two signals at once, such as those of timeout(1)', async () => {
    const gateway = await cluster.gateway();
    const program = run(await freePort());
    await program.line(/registered/);
    await gateway.program.line(/route registered/);
    program.kill('SIGTERM');
    program.kill('SIGTERM');
    await gateway.program.line(/route unregistered/);
    await program.line(/program stops/);
    expect((await program.ended).code).toBe(7);
  });

  it('does not register another program that already listens on the port', async () => {
    const gateway = await cluster.gateway();
    const port = Number(new URL(gateway.url).port);
    const program = run(port);
    expect((await program.ended).code).toBe(3);
    expect(program.lines).toHaveLength(1);
    expect(program.output).toMatch(/something already listens/);
  });

  it('stops its program if it requires a broker that rejects the credentials', async () => {
    const port = await freePort();
    const program = cluster.cli(
      [
        'run',
        '--prefix',
        '/v3',
        '--port',
        String(port),
        '--require-broker',
        '--',
        'node',
        '-e',
        SERVER,
        String(port),
      ],
      { PUSHER_APP_SECRET: 'wrong' },
    );
    expect((await program.ended).code).toBe(5);
    expect(program.output).toMatch(/refused/);
    await expect(ask(`http://127.0.0.1:${port}/`)).rejects.toThrow(/ECONNREFUSED/);
  });
});
