import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };

const FOLDER = fileURLToPath(new URL('../dist', import.meta.url));
/** Packages of which a library makes use if they are there. They never were among its dependencies. */
const OPTIONAL = ['@node-rs/xxhash', 'encoding'];
const PROTO = fileURLToPath(new URL('../proto', import.meta.url));
const GATEWAY_PROTO = fileURLToPath(new URL('../../gateway/proto', import.meta.url));

/** The files of the bundle with their texts. */
const files = new Map(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.js'))
    .map((file) => [file, readFileSync(join(FOLDER, file), 'utf8')]),
);

/** The modules in a file: the bundler names each in a comment. */
function modulesIn(text: string): string[] {
  return [...text.matchAll(/^\/\/ ((?:\.\.\/|src\/)\S+\.[cm]?[jt]s)$/gm)].map(
    ([, path = '']) => path,
  );
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
}

const modules = [...files.values()].flatMap(modulesIn);

/** The package of a module that is not ours. */
function libraryOf(module: string): string[] {
  const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(module) ?? [];
  return name === undefined ? [] : [name];
}

describe('the bundle of the command', () => {
  it('holds each module once, so that there is one class of each error', () => {
    expect(modules).toContain('../protocol/src/errors.ts');
    expect(modules).toHaveLength(new Set(modules).size);
  });

  it('imports only what Node has, and what its package lists', () => {
    const imported = [...files.values()].flatMap((text) => [
      ...[...text.matchAll(/^(?:import|export)\b[^;]*?"([^".][^"]*)";$/gm)].map(
        ([, name = '']) => name,
      ),
      ...[...text.matchAll(/\b(?:import|__require)\("([^".][^"]*)"\)/g)].map(
        ([, name = '']) => name,
      ),
    ]);
    const known = [
      ...Object.keys(manifest.dependencies),
      ...Object.keys(manifest.peerDependencies),
      ...OPTIONAL,
    ];
    const others = imported.filter(
      (name) => !name.startsWith('node:') && !builtinModules.includes(name),
    );
    expect([...new Set(others)].toSorted()).toEqual(known.toSorted());
  });

  it('travels with the license of every package in it', () => {
    const licenses = readFileSync(join(FOLDER, 'THIRD-PARTY-LICENSES'), 'utf8');
    const named = [...licenses.matchAll(/^(\S+) \d\S* \([\w.-]+\)$/gm)].map(([, name]) => name);
    const libraries = [...new Set(modules.flatMap(libraryOf))];
    expect(libraries).toContain('commander');
    expect(named.toSorted()).toEqual(libraries.toSorted());
  });

  it("has the gateway's .proto files beside it", () => {
    expect(filesIn(PROTO)).toEqual(filesIn(GATEWAY_PROTO));
  });
});

const PRINT_URLS = `export function load(url, context, next) { process._rawDebug(url); return next(url, context); }`;
const REGISTER = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(PRINT_URLS))});`;

function dataUrl(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

/** What a command line loads: packages of Rollcall by their folder, and libraries by their name. */
function loadedBy(...args: string[]): string[] {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', dataUrl(REGISTER), join(FOLDER, 'main.js'), ...args],
    { encoding: 'utf8' },
  );
  expect(status, stderr).toBe(0);
  const loaded = [...stderr.matchAll(/\/packages\/cli\/dist\/(\S+\.js)/g)]
    .flatMap(([, file = '']) => modulesIn(files.get(file) ?? ''))
    .flatMap((module) => {
      const library = libraryOf(module);
      return library.length > 0 ? library : [/^\.\.\/(\w+)\//.exec(module)?.[1] ?? 'cli'];
    });
  return [...new Set(loaded)].toSorted();
}

describe('the start of the command', () => {
  it.each(['--version', '--help'])('loads nothing for %s but the list of commands', (flag) => {
    expect(loadedBy(flag)).toEqual(['cli', 'commander']);
  });

  it.each([
    ['gateway', '--help'],
    ['broker', '--help'],
    ['config', 'schema'],
  ])('loads neither SDK, log nor metrics for `%s %s`', (...args) => {
    const loaded = loadedBy(...args);
    expect(loaded).toContain('runtime');
    for (const library of ['pusher', 'pusher-js', 'pino', 'prom-client', 'hono'])
      expect(loaded).not.toContain(library);
  });

  it('loads neither gateway nor broker for a command that needs neither', () => {
    expect(loadedBy('explain', '--help')).toEqual([
      'cli',
      'commander',
      'ipaddr.js',
      'protocol',
      'runtime',
    ]);
    const loaded = loadedBy('ls', '--help');
    for (const other of ['gateway', 'broker', 'proxy']) expect(loaded).not.toContain(other);
  });
});
