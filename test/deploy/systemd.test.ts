import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EXIT_CODES } from '@rollcall/protocol';
import { hasSystemdAnalyze } from '../support/available.ts';
import { ROOT } from '../support/document.ts';
import { unknownWords } from '../support/settings.ts';

const FOLDER = join(ROOT, 'deploy/systemd');
const units = readdirSync(FOLDER);
const scratch = mkdtempSync(join(tmpdir(), 'rollcall-systemd-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** A directive's last value. */
function setting(unit: string, name: string): string | undefined {
  const text = readFileSync(join(FOLDER, unit), 'utf8');
  return [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].at(-1)?.[1];
}

function analyze(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

describe.each(units)('%s', (unit) => {
  it('runs a command that there is, with options that it has', () => {
    const [program, ...words] = setting(unit, 'ExecStart')?.split(' ') ?? [];
    expect(program).toBe('/usr/bin/rollcall');
    expect(unknownWords(words)).toEqual([]);
  });

  it('is not root, and is not started again for a setting that cannot be', () => {
    expect(setting(unit, 'DynamicUser')).toBe('yes');
    expect(setting(unit, 'RestartPreventExitStatus')?.split(' ')).toContain(
      String(EXIT_CODES.ROLLCALL_CONFIG),
    );
  });

  // Without it: apt install systemd
  it.runIf(hasSystemdAnalyze)('is what systemd takes, without a warning', () => {
    // The command need not be installed here.
    const text = readFileSync(join(FOLDER, unit), 'utf8').replace('/usr/bin/rollcall', '/bin/true');
    writeFileSync(join(scratch, unit), text);
    expect(analyze('verify', '--man=no', join(scratch, unit))).toEqual({ status: 0, output: '' });
  });

  it.runIf(hasSystemdAnalyze)('leaves little for an intruder to reach', () => {
    // Of 100; a unit that restricts nothing has 96.
    const args = ['security', '--offline=true', '--threshold=20', '--no-pager'];
    const { status, output } = analyze(...args, join(FOLDER, unit));
    expect(status, output).toBe(0);
  });
});

describe('the gateway under systemd', () => {
  it('has a folder for its snapshot, which it finds by STATE_DIRECTORY', () => {
    expect(setting('rollcall-gateway.service', 'StateDirectory')).toBe('rollcall-gateway');
  });
});
