import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Cluster } from '../support/cluster.ts';
import { ROOT, Scratch } from '../support/document.ts';

const GUIDE = 'docs/guides/versions.md';
const TOKEN = 'a-token-of-enough-length';
const guide = readFileSync(join(ROOT, GUIDE), 'utf8');
const EXAMPLE = /^```json\n([^`]*)^```\n(?:[^`]|`(?!``))*?^```console\n\$ (curl [^]*?)^```$/gm;

/** A configuration, a command, and what it prints. */
const examples = [...guide.matchAll(EXAMPLE)].map(([, config = '', block = '']) => {
  const [command = '', ...lines] = block.trim().split('\n');
  return { config, command, printed: lines.join('\n') };
});
const configs = [...guide.matchAll(/^```json\n([^`]*)^```$/gm)].map(([, config = '']) => config);

/** Without numbers, and with one space for several. */
function shape(text: string): string {
  return text.replace(/[\d.,]+/g, 'N').replace(/ +/g, ' ');
}

/** A command that shows metrics, and what it prints. */
const METRICS = /^\$ (curl -s http:\/\/localhost:1501\/metrics .*)\n([^`]*)^```$/m;

/** What a command prints. */
async function run(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { timeout: 10_000 });
  return stdout;
}

const scratch = new Scratch();
let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start();
});
afterAll(async () => {
  await cluster.end();
  scratch.clear();
});

async function service(prefix: string, version: string, failures = 0): Promise<void> {
  const args = [prefix, version, '1', String(failures), '1'];
  const program = cluster.programs.node('test/support/versioned-service.js', args, cluster.env);
  await program.line(/registered/);
}

describe(GUIDE, () => {
  it('has an example for each setting', () => {
    for (const key of ['guarded', 'shares', 'mirror', 'stickyBy', 'pinBy'])
      expect(configs.join('')).toContain(`"${key}"`);
  });

  it('shows configurations that are valid', async () => {
    for (const config of configs) {
      const file = scratch.file('rollcall.json', config);
      const { code } = await cluster.cli(['config', 'check', file]).ended;
      expect(code, config).toBe(0);
    }
  });

  it('shows what its commands print', async () => {
    await service('/v1', '1.4');
    await service('/v1', '1.5');
    for (const { config, command, printed } of examples) {
      const file = scratch.file('rollcall.json', config);
      const { url, adminUrl } = await cluster.gateway(['--config', file]);
      await vi.waitFor(async () => {
        const answer = await fetch(`${adminUrl}/api/instances?prefix=/v1`);
        const { instances } = (await answer.json()) as { instances: { status: string }[] };
        expect(instances.map(({ status }) => status)).toEqual(['healthy', 'healthy']);
      }, 10_000);
      const real = command.replace('curl', 'curl -s').replace('http://localhost:1500', url);
      expect(await run(real), command).toBe(printed);
      if (!config.includes('"mirror"')) continue;
      const [, metrics = '', counted] = METRICS.exec(guide) ?? [];
      const scrape = metrics.replace('http://localhost:1501', adminUrl);
      await expect.poll(() => run(scrape)).toBe(counted);
    }
  });

  it('shows the log and the table of a version that is held back', async () => {
    const file = scratch.file('rollcall.json', JSON.stringify({ versions: { stepMs: 300 } }));
    const env = { ROLLCALL_ADMIN_TOKEN: TOKEN };
    const { url, adminUrl, program } = await cluster.gateway(['--config', file], env);
    await service('/held', '1.4');
    await program.line(/route registered \S*\/held /);
    const isNew = program.line(/version 1.5 of \/held is new: .*/);
    const held = program.line(/version 1.5 of \/held is held back: .*/);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await service('/held', '1.5', 0.4);
    const lines = [(await isNew)[0]];
    let isOver = false;
    void held.then(() => (isOver = true));
    while (!isOver) await (await fetch(`${url}/held`)).text();
    lines.push((await held)[0]);
    const shown = /^```text\n([^`]*)^```$/m.exec(guide)?.[1] ?? '';
    expect(shape(lines.join('\n').replaceAll('/held', '/v1'))).toBe(shape(shown.trim()));

    const [, table = ''] = /^\$ npx rollcall rollout \/v1\n([^`]*)^```$/m.exec(guide) ?? [];
    const rollout = (...args: string[]) =>
      cluster.cli(['rollout', ...args, '--admin', adminUrl], env);
    const listed = rollout('/held');
    await listed.ended;
    expect(shape(listed.output.replaceAll('/held', '/v1').trim())).toBe(shape(table.trim()));

    for (const [decision, state] of [
      ['promote', 'accepted'],
      ['hold', 'held'],
      ['reset', 'testing'],
    ] as const) {
      const decided = rollout('/held', `--${decision}`, '1.5', '--json');
      expect((await decided.ended).code).toBe(0);
      const [service] = JSON.parse(decided.output) as [{ versions: { state: string }[] }];
      expect(service.versions.at(-1)).toMatchObject({ state });
    }
    const unknown = rollout('/held', '--hold', '9');
    expect((await unknown.ended).code).not.toBe(0);
    expect(unknown.output).toMatch(/Unknown version/);
    const without = rollout('--hold', '1.5');
    expect((await without.ended).code).toBe(2);
  }, 60_000);
});
