import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Directory, DirectoryEvents } from '@rollcall/client';
import { silentLogger } from '@rollcall/runtime';
import { keepSnapshot } from '../../src/snapshot/keep.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-keep-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

it('saves a table that takes long to encode less often', async () => {
  const wait = vi.spyOn(globalThis, 'setTimeout');
  const waits = (): unknown[] => wait.mock.calls.map(([, ms]) => ms);
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const directory = Object.assign(new EventEmitter<DirectoryEvents>(), {
    restore: () => {},
    export: () => {
      now += 100;
      return [];
    },
  });
  const kept = await keepSnapshot(
    directory as unknown as Directory,
    join(folder, 'table.snapshot'),
    silentLogger,
  );
  const change = { type: 'left', why: 'it has left', instance: {} } as never;
  directory.emit('change', change);
  expect(waits()).toContain(1000);
  await vi.waitFor(() => expect(now).toBe(100), 5000);
  await vi.waitFor(() => {
    directory.emit('change', change);
    expect(waits()).toContain(5000);
  });
  await kept.close();
});
