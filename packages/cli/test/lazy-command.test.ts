import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const PRINT_URLS = `export function load(url, context, next) { process._rawDebug(url); return next(url, context); }`;
const REGISTER = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(PRINT_URLS))});`;

function dataUrl(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

/** The packages of Rollcall that a command line loads. */
function packagesOf(...args: string[]): string[] {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', dataUrl(REGISTER), MAIN, ...args],
    { encoding: 'utf8' },
  );
  expect(status, stderr).toBe(0);
  const names = [...stderr.matchAll(/\/packages\/(\w+)\/dist\//g)].map(([, name = '']) => name);
  return [...new Set(names)].toSorted();
}

it.each(['--version', '--help'])('rollcall %s loads no package but its own', (flag) => {
  expect(packagesOf(flag)).toEqual(['cli']);
});

it('a command loads neither gateway nor broker if it needs neither', () => {
  expect(packagesOf('ls', '--help')).toEqual(['cli', 'client', 'protocol', 'runtime']);
  expect(packagesOf('explain', '--help')).toEqual(['cli', 'protocol', 'runtime']);
});
