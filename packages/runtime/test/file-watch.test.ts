import fs, { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FileWatch } from '../src/file-watch.ts';

let folder: string;
let file: string;
let watch: FileWatch;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-'));
  file = join(folder, 'settings');
  writeFileSync(file, 'one');
  watch = new FileWatch([file]);
});
afterEach(() => {
  watch.stop();
  rmSync(folder, { recursive: true });
});

describe('a watched file', () => {
  it('is reported once for each change, and when it does not exist', async () => {
    let told = 0;
    watch.start(() => told++, 10);
    writeFileSync(file, 'two');
    await expect.poll(() => told).toBe(1);
    rmSync(file);
    await expect.poll(() => told).toBe(2);
    writeFileSync(file, 'three');
    await expect.poll(() => told).toBe(3);
  });

  it('is not reported while this process has no descriptor left to read it', async () => {
    let told = 0;
    const read = vi.spyOn(fs, 'readFileSync').mockImplementation(() => {
      throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    });
    syncBuiltinESMExports();
    watch.start(() => told++, 10);
    await vi.waitUntil(() => read.mock.calls.length > 2);
    read.mockRestore();
    syncBuiltinESMExports();
    expect(told).toBe(0);
    writeFileSync(file, 'two');
    await expect.poll(() => told).toBe(1);
  });

  it('is not reported for a change that is taken for known', async () => {
    let told = 0;
    writeFileSync(file, 'two');
    watch.refresh();
    watch.start(() => told++, 10);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(told).toBe(0);
    writeFileSync(file, 'three');
    await expect.poll(() => told).toBe(1);
  });

  it('is reported even if it changed before the first check', async () => {
    writeFileSync(file, 'two');
    await new Promise<void>((resolve) => watch.start(resolve, 10));
  });
});
