import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceFile } from '@rollcall/runtime';

function* failing(): Generator<Uint8Array> {
  yield Buffer.from('new');
  throw new Error('no more');
}

describe('a file that is replaced', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollcall-test-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('has its parts in their order, and is readable for its owner only', async () => {
    const file = join(folder, 'file');
    await replaceFile(file, 'a longer text than the next');
    await replaceFile(file, [Buffer.from('one, '), Buffer.from('two, '), Buffer.from('three')]);
    expect(await readFile(file, 'utf8')).toBe('one, two, three');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('stays as it was if a part of the new one fails', async () => {
    const file = join(folder, 'file');
    await replaceFile(file, 'old');
    await expect(replaceFile(file, failing())).rejects.toThrow('no more');
    expect(await readFile(file, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['file']);
  });
});
