import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../support/document.ts';

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'rollcall-setup-'));
  mkdirSync(join(clone, 'scripts'));
  for (const name of ['setup.js', 'python.js', 'steps.js'])
    cpSync(join(ROOT, 'scripts', name), join(clone, 'scripts', name));
  writeFileSync(join(clone, 'package.json'), '{"type":"module"}');
  writeFileSync(join(clone, 'package-lock.json'), '{}');
  // Says what it is asked to install, and ends the setup.
  writeFileSync(join(clone, 'npm'), '#!/bin/sh\necho "npm $*"\nexit 1\n');
  chmodSync(join(clone, 'npm'), 0o755);
});
afterEach(() => rmSync(clone, { recursive: true }));

/** How npm is called first. */
function installation(...args: string[]): string {
  const env = { ...process.env, PATH: clone + delimiter + (process.env['PATH'] ?? '') };
  const setup = join(clone, 'scripts/setup.js');
  const { stdout } = spawnSync(process.execPath, [setup, ...args], { env, encoding: 'utf8' });
  return /^npm ci\b.*/m.exec(stdout)?.[0] ?? '';
}

describe('the setup of a fresh clone', () => {
  it('leaves out the packages of checks and tests before npm start', () => {
    expect(installation('--start')).toContain(' --workspaces ');
  });

  it('installs them before tests', () => {
    expect(installation('--tests')).toMatch(/^npm ci\b/);
    expect(installation('--tests')).not.toContain('--workspaces');
  });
});
