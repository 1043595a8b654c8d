import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findIdV4 } from '../../src/up/id-v4.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-id-v4-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('findIdV4', () => {
  it('takes the program that was built', () => {
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin', 'id-v4'), '');
    expect(findIdV4(folder)).toEqual({ file: join(folder, 'bin', 'id-v4') });
  });

  it('says in one line that Go is missing', () => {
    vi.stubEnv('PATH', folder);
    expect(findIdV4(folder)).toEqual({
      absent: 'Go is not on this machine: going on without id-v4 (/v2)',
    });
  });

  it('says in one line why it does not build', () => {
    // A go that fails, whatever it is asked.
    writeFileSync(join(folder, 'go'), '#!/bin/sh\necho "line one\nline two" >&2; exit 1\n', {
      mode: 0o755,
    });
    vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`);
    expect(findIdV4(folder)).toEqual({ absent: 'id-v4 does not build: line one line two' });
  });
});
