import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ask } from '../support/cluster.ts';
import { blockOf, ROOT, Scratch } from '../support/document.ts';
import { freePort } from '../support/free-port.js';
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
  it('the code registers a service', async () => {
    const { env, gateway, url } = await startSystem(programs);
    const code = block('js', 'createServer').replaceAll('3000', String(await freePort()));
    const service = programs.node(moduleOf(code), [], env);
    await gateway.line(/route registered .*\/v3/);
    expect((await ask(`${url}/v3/`)).body).toBe('hello\n');
    service.kill('SIGTERM');
    await gateway.line(/route unregistered .*\/v3/);
    expect((await service.ended).code).toBe(0);
  });

  it('the code calls another service', async () => {
    const { env, gateway } = await startSystem(programs);
    programs.file(PROGRAMS.idV4, ['-http.port', '0'], env);
    await gateway.line(/route registered .*\/v2/);
    const caller = programs.node(moduleOf(block('js', "discover('/v2')")), [], env);
    await caller.line(/status: 1/);
    expect((await caller.ended).code).toBe(0);
  });

  it('the command exists before the build, so that npm can link it', () => {
    const { bin } = JSON.parse(readFileSync(join(ROOT, 'packages/cli/package.json'), 'utf8')) as {
      bin: { rollcall: string };
    };
    const file = join('packages/cli', bin.rollcall);
    const tracked = execFileSync('git', ['ls-files', file], { cwd: ROOT, encoding: 'utf8' });
    expect(tracked.trim()).toBe(file);
  });

  it('shows the curl commands that rollcall up prints', async () => {
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
