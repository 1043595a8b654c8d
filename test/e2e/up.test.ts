import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FILES } from '../support/certificates.ts';
import { ask } from '../support/cluster.ts';
import { ROOT } from '../support/document.ts';
import { commandOf, Mark, PROGRAMS, Programs } from '../support/processes.ts';
import type { Environment, RunningProgram } from '../support/processes.ts';
import { freePort } from '../support/free-port.js';

const programs = new Programs();
let mark: Mark;
beforeEach(() => {
  mark = new Mark();
});
afterEach(async () => {
  await programs.endAll();
  await mark.gone();
});

const hasGo = existsSync(PROGRAMS.idV4);

interface Up {
  program: RunningProgram;
  gateway: string;
}

const PROCFILE = ['--procfile', join(ROOT, 'Procfile')];

function begin(env: Environment = {}, brokerPort = 0, services = PROCFILE): RunningProgram {
  const args = ['up', '--port', '0', '--broker-port', String(brokerPort), ...services];
  return programs.node(PROGRAMS.cli, args, { ...mark.env, ...env });
}

async function up(env: Environment = {}): Promise<Up> {
  const program = begin(env);
  await program.line(/Ctrl\+C stops everything/);
  const [, gateway = ''] = await program.line(/^ {2}gateway +(\S+)/);
  return { program, gateway };
}

function indexOf(program: RunningProgram, pattern: RegExp): number {
  return program.lines.findIndex((line) => pattern.test(line));
}

describe('rollcall up', () => {
  it('serves the curl commands that it prints', async () => {
    const { program } = await up();
    const curls = program.lines.filter((line) => line.startsWith('  curl'));
    expect(curls).toHaveLength(hasGo ? 2 : 1);
    for (const curl of curls) {
      const run = programs.file('bash', ['-c', curl]);
      expect((await run.ended).code).toBe(0);
      expect(run.output).toMatch(/HTTP\/1\.1 200 OK/);
      expect(run.output).toMatch(/X-Server: id-v[45]-[12]/i);
    }
  });

  it('serves the dashboard at the printed URL', async () => {
    const { program } = await up();
    const [, url = ''] = await program.line(/^ {2}dashboard +(\S+)/);
    const page = await ask(url);
    expect(page.status).toBe(200);
    const [, script = ''] = /<script type="module" crossorigin src="([^"]+)"/.exec(page.body) ?? [];
    expect((await ask(new URL(script, url).href)).headers['content-type']).toMatch(/javascript/);
  });

  it('prints a link to the dashboard that holds a new admin token, which no service is given', async () => {
    const { program } = await up();
    const [, url = '', token = ''] = await program.line(/^ {2}dashboard +(\S+)#token=(\S+)/);
    const { status } = await ask(new URL('api/status', url).href);
    expect(status).toBe(200);
    const headers = { authorization: `Bearer ${token}` };
    const drained = await ask(new URL('api/instances/none/drain', url).href, {
      method: 'POST',
      headers,
    });
    expect(drained.status).toBe(404);
    const [, pid = ''] = await program.line(/^ {2}id-v5-1 +pid (\d+)$/);
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain(token);
  });

  it('prints https for a gateway with a certificate', async () => {
    const { cert, key } = FILES.one;
    const { program, gateway } = await up({ ROLLCALL_SET: `tls.cert=${cert} tls.key=${key}` });
    expect(gateway).toMatch(/^https:/);
    expect(program.output).toMatch(/curl .*https:\/\/localhost/);
  });

  it('runs two instances of each service, each with a name of its own', async () => {
    const { gateway } = await up();
    for (const service of hasGo ? ['v1', 'v2'] : ['v1']) {
      const servers = new Set<unknown>();
      for (let count = 0; count < 4; count++) {
        servers.add((await ask(`${gateway}/${service}/health`)).headers['x-server']);
      }
      expect(servers.size).toBe(2);
    }
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'on %s lets services leave, then stops gateway and broker, exits 0, and leaves no process',
    async (signal) => {
      const { program } = await up();
      expect(mark.processes().length).toBeGreaterThanOrEqual(hasGo ? 7 : 5);
      program.kill(signal);
      expect(await program.ended).toEqual({ code: 0, signal: null });
      const left = program.lines.filter((line) => /left the registry/.test(line));
      const unregistered = program.lines.filter((line) => /route unregistered/.test(line));
      expect(left).toHaveLength(hasGo ? 4 : 2);
      expect(unregistered).toHaveLength(left.length);
      expect(program.output).not.toMatch(/lost the connection to the broker|could not|ended \(/);
      expect(mark.processes()).toEqual([]);
    },
  );

  // Lines at which something is awaited, or about to be started.
  it.each([
    /^broker .*listens/,
    /^gateway .*listens/,
    /^id-v5-1 .*listens/,
    /^id-v5-2 .*registered/,
  ])('stops at once on a signal sent when it prints %s, and leaves no process', async (line) => {
    const program = begin();
    await program.line(line);
    program.kill('SIGINT');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output).not.toMatch(/Error|could not/);
    expect(mark.processes()).toEqual([]);
  });

  it('stops everything and reports why if its broker ends during the start', async () => {
    const port = String(await freePort());
    const env = { PUSHER_PORT: port, PUSHER_HOST: '127.0.0.1' };
    const broker = programs.node(PROGRAMS.cli, ['broker'], env);
    await broker.line(/listens/);
    const program = begin(env);
    await program.line(/^gateway .*listens/);
    broker.kill('SIGKILL');
    expect((await program.ended).code).toBe(4);
    expect(program.output).toMatch(/^rollcall: cannot reach the broker/m);
    expect(mark.processes()).toEqual([]);
  });

  it('leaves no process when it is ended by SIGKILL', async () => {
    const { program } = await up();
    program.kill('SIGKILL');
    await program.ended;
    await mark.gone();
  });

  it('keeps running if a service is killed, and starts its broker and gateway again', async () => {
    const { program, gateway } = await up();
    const services = mark.processes().filter((pid) => /id-v5/.test(commandOf(pid)));
    const broker = mark.processes().filter((pid) => /main\.js broker/.test(commandOf(pid)));
    expect([services.length, broker.length]).toEqual([2, 1]);

    process.kill(services[0] ?? 0, 'SIGKILL');
    await program.line(/id-v5-[12] ended \(SIGKILL\); the rest goes on/);
    for (let count = 0; count < 4; count++) {
      expect((await ask(`${gateway}/v1/health`)).status).toBe(200);
    }
    process.kill(broker[0] ?? 0, 'SIGKILL');
    await program.line(/broker ended \(SIGKILL\); starting it again/);
    expect((await ask(`${gateway}/v1/health`)).status).toBe(200);
    await program.line(/^broker .*listens/);
    await program.nextLine(/connected to the broker/);

    const [, pid = ''] = await program.line(/^ {2}gateway +pid (\d+)$/);
    process.kill(Number(pid), 'SIGKILL');
    await program.line(/gateway ended \(SIGKILL\); starting it again/);
    // On its port, with the services that are in their presence channels.
    await expect
      .poll(() => ask(`${gateway}/v1/health`).catch(() => undefined), { timeout: 10_000 })
      .toMatchObject({ status: 200 });
    program.kill('SIGINT');
    expect((await program.ended).code).toBe(0);
    expect(mark.processes()).toEqual([]);
  });

  it('exits with the code and the error of a program that cannot start, and leaves no process', async () => {
    const port = await freePort();
    const broker = programs.node(PROGRAMS.cli, ['broker', '--port', String(port)]);
    await broker.line(/listens/);
    const program = begin({}, port);
    expect((await program.ended).code).toBe(3);
    expect(program.lines).toHaveLength(1);
    expect(program.output).toContain(`port ${port} on 127.0.0.1 is taken`);
    expect(mark.processes()).toEqual([]);
  });

  it('takes the port of the admin API, as the error advises that says it is taken', async () => {
    const taken = await freePort();
    const other = programs.node(PROGRAMS.cli, ['broker', '--port', String(taken)]);
    await other.line(/broker listens/);
    const start = (port: string | number) =>
      programs.node(
        PROGRAMS.cli,
        ['up', '--port', '0', '--broker-port', '0', '--admin-port', String(port)],
        mark.env,
      );
    const refused = start(taken);
    expect((await refused.ended).code).toBe(3);
    expect(refused.output).toContain('choose another port with --admin-port');
    const free = await freePort();
    await start(free).line(new RegExp(`^ {2}dashboard +http://127\\.0\\.0\\.1:${free}/`));
  });

  it('uses the broker of the environment, and starts none', async () => {
    const port = String(await freePort());
    const env = { PUSHER_PORT: port, PUSHER_HOST: '127.0.0.1' };
    await programs.node(PROGRAMS.cli, ['broker'], env).line(/listens/);
    const { program, gateway } = await up(env);
    expect(indexOf(program, /^broker/)).toBe(-1);
    expect((await ask(`${gateway}/v1/health`)).status).toBe(200);
  });
});
