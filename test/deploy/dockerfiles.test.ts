import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { GATEWAY_SETTINGS } from '@rollcall/gateway';
import { fromEnvironment } from '@rollcall/runtime/settings';
import { resolveConfig } from '../../packages/gateway/src/settings/config.ts';
import { hasHadolint } from '../support/available.ts';
import { PROGRAMS, Programs } from '../support/processes.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

interface Compose {
  services: Record<
    string,
    {
      build: { context: string; dockerfile: string };
      environment: Record<string, string>;
      ports?: string[];
      depends_on?: Record<string, { condition: string }>;
    }
  >;
}

const compose = parse(read('compose.yaml'), { merge: true }) as Compose;
const dockerfiles = [
  ...new Set(Object.values(compose.services).map((each) => each.build.dockerfile)),
];

/** Variables as they are if the environment sets none. */
function withDefaults(environment: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.replace(/^\$\{\w+:-(.*)\}$/, '$1'),
    ]),
  );
}

const programs = new Programs();
afterEach(() => programs.endAll());

interface Instruction {
  name: string;
  value: string;
}

/** Instructions with their continuation lines joined. */
function instructions(dockerfile: string): Instruction[] {
  const lines = read(dockerfile)
    .replace(/\\\n\s*/g, '')
    .split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({
      name: line.split(' ', 1)[0] ?? '',
      value: line.slice(line.indexOf(' ') + 1),
    }));
}

// Checks the files only, so that no Docker engine is needed.
describe.each(dockerfiles)('%s', (dockerfile) => {
  const all = instructions(dockerfile);
  const last = all.findLastIndex(({ name }) => name === 'FROM');
  const image = all.slice(last);

  it('copies only what exists', () => {
    const copies = all.filter(({ name, value }) => name === 'COPY' && !value.startsWith('--from'));
    const sources = copies.flatMap(({ value }) => value.split(' ').slice(0, -1));
    expect(sources.length).toBeGreaterThan(0);
    for (const source of sources) expect(existsSync(join(ROOT, source)), source).toBe(true);
  });

  it('runs as an unprivileged user', () => {
    const user = image.find(({ name }) => name === 'USER')?.value;
    // A number, because Kubernetes cannot verify for a name that it is not root.
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  it.runIf(hasHadolint)('has no hadolint findings', () => {
    const { stdout } = spawnSync('hadolint', [join(ROOT, dockerfile)], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  it('leaves out what only its build needs, on any npm', () => {
    // npm 11 prunes nothing of a workspace.
    for (const { name, value } of all) if (name === 'RUN') expect(value).not.toMatch(/npm prune/);
  });

  it('has a health check', () => {
    expect(image.find(({ name }) => name === 'HEALTHCHECK')?.value).toMatch(/CMD \[/);
  });

  it('receives signals directly, without a shell in between', () => {
    expect(image.find(({ name }) => name === 'ENTRYPOINT')?.value).toMatch(/^\[/);
    expect(all[last]?.value).not.toMatch(/:latest$/);
  });
});

describe('compose.yaml', () => {
  it('runs the walkthrough: broker, gateway and two replicas of each service', () => {
    expect(Object.keys(compose.services)).toEqual(['broker', 'gateway', 'id-v5', 'id-v4']);
  });

  it('publishes the gateway, the dashboard and the broker, each on loopback', () => {
    expect(compose.services['gateway']?.ports).toEqual([
      '127.0.0.1:1500:1500',
      '127.0.0.1:1501:1501',
    ]);
    expect(compose.services['broker']?.ports).toEqual(['127.0.0.1:6001:6001']);
  });

  it('starts a gateway whose dashboard can be reached from outside its container', () => {
    const env = withDefaults(compose.services['gateway']?.environment);
    const { values, faults } = fromEnvironment(GATEWAY_SETTINGS, env);
    expect(faults).toEqual([]);
    expect(resolveConfig(values)).toMatchObject({ adminHost: '0.0.0.0' });
  });

  it('names the command that lists its instances from this machine', async () => {
    const [, command = ''] = /^#   (PUSHER_APP_ID=.*)$/m.exec(read('compose.yaml')) ?? [];
    const env = withDefaults(compose.services['broker']?.environment);
    const broker = programs.node(PROGRAMS.cli, ['broker', '--port', '0'], env);
    const [, port = ''] = await broker.line(/broker listens url=\S+:(\d+)/);
    const own = command.replace('npx rollcall', `PUSHER_PORT=${port} "$0" "$1"`);
    const ls = programs.file('sh', ['-euc', own, process.execPath, PROGRAMS.cli]);
    expect((await ls.ended).code).toBe(0);
  });

  it('configures every program with the same app and broker', () => {
    const { broker, ...clients } = compose.services;
    for (const [name, { environment }] of Object.entries(clients)) {
      expect(environment, name).toMatchObject({ PUSHER_HOST: 'broker', PUSHER_PORT: '6001' });
      for (const key of ['PUSHER_APP_ID', 'PUSHER_APP_KEY', 'PUSHER_APP_SECRET']) {
        expect(environment[key], `${key} of ${name}`).toBe(broker?.environment[key]);
      }
    }
  });

  it('waits only for services that exist', () => {
    for (const { depends_on: needs = {} } of Object.values(compose.services)) {
      for (const name of Object.keys(needs)) expect(compose.services).toHaveProperty(name);
    }
  });
});
