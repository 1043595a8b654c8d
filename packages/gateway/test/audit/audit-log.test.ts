import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '@rollcall/runtime';
import { AuditFile } from '../../src/audit/audit-file.ts';
import { AuditLog, openAuditLog } from '../../src/audit/audit-log.ts';
import type { AuditRecord } from '../../src/audit/audit-entry.ts';

const AT = 1_700_000_000_000;
const ALL = { limit: Infinity, before: Infinity };

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-audit-'));
  file = join(folder, 'state', 'audit.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const drain = (key: string, more: Partial<AuditRecord> = {}): AuditRecord => ({
  action: 'drain',
  who: 'alice',
  from: '10.0.0.9',
  target: { key },
  result: 'accepted',
  ...more,
});

const keys = (entries: readonly { target: { key?: string } }[]) =>
  entries.map(({ target }) => target.key);

const exported = (log: AuditLog, query = ALL): Promise<string> => text(log.export(query));

describe('an audit log in a file', () => {
  it('goes on after a restart, with the next number', async () => {
    const first = await openAuditLog(file, silentLogger, () => AT);
    first.record(drain('a'));
    first.record(drain('b', { result: 'refused', reason: 'not-down' }));
    await first.close();
    const second = await openAuditLog(file, silentLogger, () => AT + 1);
    second.record(drain('c'));
    expect(await second.page(ALL)).toEqual([
      { id: 3, at: AT + 1, ...drain('c') },
      { id: 2, at: AT, ...drain('b', { result: 'refused', reason: 'not-down' }) },
      { id: 1, at: AT, ...drain('a') },
    ]);
    await second.close();
    expect(readFileSync(file, 'utf8').split('\n')[0]).toBe(
      '{"id":1,"at":"2023-11-14T22:13:20.000Z","action":"drain","who":"alice","from":"10.0.0.9","result":"accepted","target":{"key":"a"}}',
    );
    expect(await exported(second)).toBe(readFileSync(file, 'utf8'));
  });

  it('can be read only by its owner', async () => {
    const log = await openAuditLog(file, silentLogger);
    await log.close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o700);
  });

  it('is read in pages, from the newest', async () => {
    const log = await openAuditLog(file, silentLogger);
    for (let count = 1; count <= 5; count++) log.record(drain(`${count}`));
    await log.close();
    log.record(drain('6'));
    expect(keys(await log.page({ limit: 2, before: Infinity }))).toEqual(['6', '5']);
    expect(keys(await log.page({ limit: 2, before: 5 }))).toEqual(['4', '3']);
    expect(keys(await log.page({ limit: 9, before: 3 }))).toEqual(['2', '1']);
    await log.close();
    const lines = (await exported(log, { limit: 2, before: 6 })).trim().split('\n');
    expect(keys(lines.map((line) => JSON.parse(line)))).toEqual(['4', '5']);
  });

  it('ignores a line that a crash has torn, and begins a new one', async () => {
    const first = await openAuditLog(file, silentLogger);
    first.record(drain('a'));
    await first.close();
    appendFileSync(file, '{"id":2,"at":"2023-11-14T22:1');
    const second = await openAuditLog(file, silentLogger);
    second.record(drain('b'));
    await second.close();
    expect(keys(await second.page(ALL))).toEqual(['b', 'a']);
    const lines = (await exported(second)).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { id: number }).id)).toEqual([1, 2]);
  });

  it('bounds what one entry takes', async () => {
    const log = await openAuditLog(file, silentLogger);
    const names = Array.from({ length: 5000 }, (_, index) => `routes./${index}`);
    const long = 'x'.repeat(100_000);
    log.record(drain(long, { reason: long, settings: names, needRestart: names }));
    await log.close();
    const [entry] = await log.page(ALL);
    expect(entry?.settings).toHaveLength(101);
    expect(entry?.settings?.at(-1)).toBe('and 4900 more');
    expect(statSync(file).size).toBeLessThan(10_000);
  });
});

describe('the file of an audit log', () => {
  it('is rotated to one older file, and both are read', async () => {
    const small = new AuditFile(file, 1000);
    const log = new AuditLog({ file: small, logger: silentLogger, now: () => AT });
    await log.start();
    for (let count = 1; count <= 20; count++) {
      log.record(drain(`${count}`));
      await log.close();
    }
    expect(statSync(file).size).toBeLessThanOrEqual(1000);
    expect(statSync(`${file}.1`).size).toBeLessThanOrEqual(1000);
    const entries = await log.page(ALL);
    expect(entries.length).toBeGreaterThan(7);
    expect(entries.map(({ id }) => id)).toEqual(
      Array.from({ length: entries.length }, (_, index) => 20 - index),
    );
    rmSync(file);
    const next = new AuditLog({ file: small, logger: silentLogger, now: () => AT });
    await next.start();
    next.record(drain('next'));
    expect((await next.page({ limit: 1, before: Infinity }))[0]?.id).toBeGreaterThan(8);
  });

  it('begins a line of its own after one that was torn', async () => {
    const audit = new AuditFile(file);
    await audit.append('{"id":1}\n');
    appendFileSync(file, '{"id":2');
    await audit.append('{"id":3}\n');
    expect(await audit.read()).toEqual(['{"id":1}', '{"id":2', '{"id":3}']);
  });
});

describe('an audit log whose file cannot be written', () => {
  it('says so once, keeps its entries in memory, and saves them later', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      writeFileSync(join(folder, 'state'), 'a file where the folder should be');
      const logger = { ...silentLogger, error: vi.fn(), info: vi.fn() };
      const log = await openAuditLog(file, logger);
      expect(log.state).toBe('failing');
      log.record(drain('a'));
      log.record(drain('b'));
      await vi.advanceTimersByTimeAsync(10_000);
      expect(keys(await log.page(ALL))).toEqual(['b', 'a']);
      expect(logger.error).toHaveBeenCalledOnce();
      rmSync(join(folder, 'state'));
      await vi.advanceTimersByTimeAsync(10_000);
      await vi.waitFor(() => expect(log.state).toBe('kept'));
      expect(logger.info).toHaveBeenCalledWith({}, 'saved the audit log again');
      expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2);
      expect(keys(await log.page(ALL))).toEqual(['b', 'a']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('keeps the latest thousand in memory', async () => {
    const log = await openAuditLog('none', silentLogger);
    for (let count = 1; count <= 1200; count++) log.record(drain(`${count}`));
    expect(log.state).toBe('memory');
    const entries = await log.page(ALL);
    expect(entries).toHaveLength(1000);
    expect(entries[0]?.id).toBe(1200);
  });
});
