import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blockOf, ROOT } from '../support/document.ts';
import { publishedPackages } from '../support/packages.ts';
import { commandOf, Mark, Programs } from '../support/processes.ts';

const packages = publishedPackages();
// Outside the repository, so that its node_modules are not found.
const folder = mkdtempSync(join(tmpdir(), 'rollcall-install-'));
const consumer = join(folder, 'consumer');
const programs = new Programs();
const mark = new Mark();

function run(command: string, args: string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

/** The source of an output of the compiler, both from the folder of the package. */
function sourceOf(output: string): string {
  return output.replace(/^dist/, 'src').replace(/(?:\.d)?\.[jt]s$/, '.ts');
}

/** Everything that can be imported, such as @rollcall/client/express. */
const specifiers = packages.flatMap(({ manifest: { name, exports = {} } }) =>
  Object.keys(exports)
    .filter((path) => !path.endsWith('.json'))
    .map((path) => name + path.slice(1)),
);

beforeAll(() => {
  mkdirSync(consumer);
  writeFileSync(join(consumer, 'package.json'), '{"private":true,"type":"module"}');
  const documented = blockOf('README.md', 'sh', 'npm pack').replaceAll('../my-service', consumer);
  expect(blockOf('docs/guides/first-service.md', 'sh', 'npm pack')).toBe(
    blockOf('README.md', 'sh', 'npm pack'),
  );
  const settings = 'export npm_config_ignore_scripts=true npm_config_prefer_offline=true';
  run('sh', ['-euc', `${settings}\n${documented}`], ROOT);
}, 120_000);
afterAll(async () => {
  await programs.endAll();
  await mark.gone();
  rmSync(folder, { recursive: true });
});

describe.each(packages)('the package $manifest.name', ({ folder: source, manifest }) => {
  const tarball = manifest.name.replace('@', '').replace('/', '-');

  it('has no publint findings', async () => {
    const packed = readFileSync(join(consumer, `${tarball}-${manifest.version}.tgz`));
    const { messages, pkg } = await publint({
      pack: { tarball: new Uint8Array(packed).buffer },
      strict: true,
    });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('contains every file that its exports name', () => {
    const targets = Object.values(manifest.exports ?? {}).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    );
    const missing = targets.filter(
      (target) => !existsSync(join(consumer, 'node_modules', manifest.name, target)),
    );
    expect(missing).toEqual([]);
  });

  it('contains a readme and the license, and no files of tests or builds', () => {
    const files = readdirSync(join(consumer, 'node_modules', manifest.name), { recursive: true });
    expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'package.json']));
    expect(files.filter((file) => /\.tsbuildinfo$|\.test\.|^test\//.test(String(file)))).toEqual(
      [],
    );
    expect(readFileSync(join(ROOT, source, 'LICENSE'))).toEqual(
      readFileSync(join(ROOT, 'LICENSE')),
    );
    expect(manifest.repository?.directory).toBe(source);
  });

  it('contains no output of a source that is gone', () => {
    const installed = join(consumer, 'node_modules', manifest.name);
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    // The dashboard's output is that of Vite, without its sources.
    const outputs = files.filter((file) => /^dist\/.*\.[jt]s$/.test(file) && files.includes('src'));
    expect(outputs.filter((file) => !existsSync(join(installed, sourceOf(file))))).toEqual([]);
  });
});

describe('a project that has installed the packages', () => {
  it.each([
    { module: 'nodenext', moduleResolution: 'nodenext' },
    { module: 'esnext', moduleResolution: 'bundler' },
  ])('compiles with all types, with moduleResolution $moduleResolution', (resolution) => {
    const lines = specifiers.map((name, index) => `export * as m${index} from '${name}';`);
    writeFileSync(join(consumer, 'all.ts'), lines.join('\n'));
    const compilerOptions = {
      ...resolution,
      target: 'es2023',
      lib: ['es2023'],
      types: ['node'],
      strict: true,
      noEmit: true,
      // Their declarations themselves are checked.
      skipLibCheck: false,
    };
    const config = { compilerOptions, files: ['all.ts'] };
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify(config));
    run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', consumer], consumer);
  });

  it('imports each package', () => {
    const script = specifiers.map((name) => `await import('${name}');`).join('');
    run(process.execPath, ['--input-type=module', '-e', script], consumer);
  });

  it('runs "npx rollcall up", which serves the dashboard and shows how to add a service', async () => {
    const line = 'cd "$0" && exec npx rollcall up --port 0 --broker-port 0';
    const up = programs.file('bash', ['-c', line, consumer], mark.env);
    await up.line(/Ctrl\+C stops everything/);
    await up.line(/^ {2}PUSHER_PORT=\d+ npx rollcall run --prefix \S+ --port \d+ -- /);
    const [, dashboard = ''] = await up.line(/dashboard +(http:\S+)/);
    expect(run('curl', ['-sf', dashboard], consumer)).toMatch(/^<!doctype html>/i);
    // Ctrl+C signals every process of a terminal; npx itself forwards no signal.
    for (const pid of mark.processes()) {
      if (/rollcall up/.test(commandOf(pid))) process.kill(pid, 'SIGINT');
    }
    await up.ended;
  });

  it('runs a gateway with workers and xDS, whose files come with the command', async () => {
    const rollcall = join(consumer, 'node_modules/.bin/rollcall');
    const args = 'gateway --port 0 --snapshot none --workers 2 --xds-port 0';
    const gateway = programs.node(rollcall, args.split(' '));
    await gateway.line(/xDS listens/);
    await gateway.line(/gateway listens/);
  });
});
