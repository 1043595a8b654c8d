import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { venvProgram } from '../../scripts/python.js';
import { ROOT } from '../support/document.ts';
import { readManifest } from '../support/packages.ts';
import { hasPythonClient } from '../support/python.ts';

const { version } = readManifest('.');
const FOLDER = join(ROOT, 'clients/python');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-python-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The path of a file that was built. */
function built(end: string): string {
  return join(folder, readdirSync(folder).find((name) => name.endsWith(end)) ?? '');
}

function python(args: string[], env: Record<string, string> = {}): string {
  const options = { cwd: FOLDER, encoding: 'utf8', env: { ...process.env, ...env } } as const;
  return execFileSync(venvProgram('python'), args, options);
}

it('the Python client has the version of the packages', () => {
  const text = readFileSync(join(FOLDER, 'src/rollcall/_version.py'), 'utf8');
  expect(/^__version__ = "(.*)"$/m.exec(text)?.[1]).toBe(version);
});

describe.skipIf(!hasPythonClient)('the distribution of the Python client', () => {
  it('is built as PyPI takes it, and can be installed and imported', () => {
    python(['-m', 'build', '--no-isolation', '--outdir', folder, '.']);
    python(['-m', 'twine', 'check', '--strict', built('.whl'), built('.tar.gz')]);
    const target = join(folder, 'installed');
    python(['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', target, built('.whl')]);
    const installed = readdirSync(target, { recursive: true, encoding: 'utf8' });
    expect(installed).toContain('rollcall/py.typed');
    expect(installed.filter((name) => name.endsWith('LICENSE'))).toHaveLength(1);
    const printed = python(
      ['-c', 'import rollcall; print(rollcall.__version__, rollcall.__file__)'],
      {
        PYTHONPATH: target,
      },
    );
    expect(printed).toBe(`${version} ${target}/rollcall/__init__.py\n`);
  });
});
