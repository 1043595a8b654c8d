import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readConfigFile } from '@rollcall/gateway';
import { ask } from '../support/cluster.ts';
import { blockOf, ROOT, Scratch } from '../support/document.ts';
import { PROGRAMS, Programs } from '../support/processes.ts';
import { startSystem } from '../support/system.ts';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

const programs = new Programs();
const scratch = new Scratch();
afterEach(async () => {
  await programs.endAll();
  scratch.clear();
});

const block = (language: string, text: string): string => blockOf('README.md', language, text);
const moduleOf = (code: string): string => scratch.file('service.mjs', code);

describe('README.md', () => {
  it('registers by the signed call that it shows, and takes it away', async () => {
    const { port, gateway } = await startSystem(programs);
    const script = block('sh', 'openssl').replace(':6001', `:${port}`);
    const registered = programs.file('bash', ['-euc', script]);
    expect((await registered.ended).code).toBe(0);
    await gateway.line(/route registered .*\/v3 -> http:\/\/127\.0\.0\.1:4000 /);

    programs.file('bash', ['-euc', script.replace('"name":"register"', '"name":"exit"')]);
    await gateway.line(/route unregistered .*\/v3/);
  });

  it.each([
    ['/v3', 'createServer'],
    ['/v4', '@rollcall/client/express'],
    ['/v5', '@rollcall/client/fastify'],
  ])('registers a service at %s by the code that it shows', async (prefix, text) => {
    const { env, gateway, url } = await startSystem(programs);
    const service = programs.node(moduleOf(block('js', text)), [], env);
    await gateway.line(new RegExp(`route registered .*${prefix}`));
    expect((await ask(`${url}${prefix}/`)).body).toBe('hello\n');
    service.kill('SIGTERM');
    await gateway.line(new RegExp(`route unregistered .*${prefix}`));
    expect((await service.ended).code).toBe(0);
  });

  it('calls another service by the code that it shows', async () => {
    const { env, gateway } = await startSystem(programs);
    programs.file(PROGRAMS.idV4, ['-http.port', '0'], env);
    await gateway.line(/route registered .*\/v2/);
    const caller = programs.node(moduleOf(block('js', "discover('/v2')")), [], env);
    await caller.line(/status: 1/);
    expect((await caller.ended).code).toBe(0);
  });

  it('shows settings that a gateway takes', () => {
    const file = scratch.file('rollcall.json', block('json', '"routes"'));
    expect(readConfigFile(file).routes).toHaveProperty(['/v1', 'balancing', 'policy']);
  });

  it('names a command that npm links before anything is built', () => {
    const { bin } = JSON.parse(readFileSync(join(ROOT, 'packages/cli/package.json'), 'utf8')) as {
      bin: { rollcall: string };
    };
    const file = join('packages/cli', bin.rollcall);
    const tracked = execFileSync('git', ['ls-files', file], { cwd: ROOT, encoding: 'utf8' });
    expect(tracked.trim()).toBe(file);
  });

  it('says what rollcall budget says', async () => {
    const [, figure = ''] = /here ([\d,]+) of the 200,000 messages/.exec(README) ?? [];
    const script = block('sh', 'rollcall budget').replace('npx rollcall', '"$0" "$1"');
    const budget = programs.file('bash', ['-euc', script, process.execPath, PROGRAMS.cli]);
    await budget.line(new RegExp(`^within: ${figure} of 200,000 messages a day`));
    expect((await budget.ended).code).toBe(0);
  });

  it('shows the curl lines that rollcall up prints', async () => {
    const up = programs.node(PROGRAMS.cli, [
      'up',
      '--port',
      '0',
      '--broker-port',
      '0',
      '--procfile',
      join(ROOT, 'Procfile'),
    ]);
    await up.line(/Ctrl\+C stops everything/);
    const printed = up.lines
      .filter((line) => line.startsWith('  curl'))
      .map((line) => line.trim().replace(/localhost:\d+/, 'localhost:1500'));
    expect(printed.length).toBeGreaterThan(0);
    for (const line of printed) expect(README).toContain(`${line}\n`);
    up.kill('SIGINT');
    await up.ended;
  });
});
