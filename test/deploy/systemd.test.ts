import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
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

/** The last value of a directive. */
function setting(unit: string, name: string): string | undefined {
  const text = readFileSync(join(FOLDER, unit), 'utf8');
  return [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].at(-1)?.[1];
}

function analyze(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

describe.each(units)('%s', (unit) => {
  it('runs an existing command with existing options', () => {
    const [program, ...words] = setting(unit, 'ExecStart')?.split(' ') ?? [];
    expect(program).toBe('/usr/bin/rollcall');
    expect(unknownWords(words)).toEqual([]);
  });

  it('does not run as root, and is not restarted after an invalid setting', () => {
    expect(setting(unit, 'DynamicUser')).toBe('yes');
    expect(setting(unit, 'RestartPreventExitStatus')?.split(' ')).toContain(
      String(EXIT_CODES.ROLLCALL_CONFIG),
    );
  });

  // Skipped without systemd-analyze (apt-get install systemd).
  it.runIf(hasSystemdAnalyze)('is accepted by systemd without warnings', () => {
    // The command is not installed on this machine.
    const text = readFileSync(join(FOLDER, unit), 'utf8').replace('/usr/bin/rollcall', '/bin/true');
    writeFileSync(join(scratch, unit), text);
    expect(analyze('verify', '--man=no', join(scratch, unit))).toEqual({ status: 0, output: '' });
  });

  it.runIf(hasSystemdAnalyze)('has a low exposure score in systemd-analyze security', () => {
    // The scale ends at 100; a unit without restrictions has 96.
    const args = ['security', '--offline=true', '--threshold=20', '--no-pager'];
    const { status, output } = analyze(...args, join(FOLDER, unit));
    expect(status, output).toBe(0);
  });
});

describe('a service under systemd', () => {
  it('has not failed if it was stopped', () => {
    const byTerm = 128 + constants.signals.SIGTERM;
    expect(setting('rollcall-run@.service', 'SuccessExitStatus')).toBe(String(byTerm));
  });
});

describe('the gateway under systemd', () => {
  it('has a state directory for its snapshot', () => {
    expect(setting('rollcall-gateway.service', 'StateDirectory')).toBe('rollcall-gateway');
  });
});
