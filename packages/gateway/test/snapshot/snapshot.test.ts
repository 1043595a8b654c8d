import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAnnouncement } from '@rollcall/protocol';
import type { Statement } from '@rollcall/protocol';
import { silentLogger } from '@rollcall/runtime';
import { snapshotAt } from '../../src/snapshot/snapshot.ts';
import { loggerTo } from '../../../../test/support/log.ts';

let folder: string;
let file: string;
let lines: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-snapshot-'));
  file = join(folder, 'table');
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const snapshot = () => snapshotAt({ file, logger: loggerTo(lines) });

function statement(port: number, left = false): Statement {
  const parsed = parseAnnouncement({
    prefix: '/v1',
    address: '10.0.0.1',
    port,
    id: `i${port}`,
    inc: 1,
  });
  if (!parsed.ok) throw new Error(parsed.refusal.reason);
  return { announcement: parsed.value, left };
}

const NOTHING = { statements: [], rollouts: [] };
const contentOf = (port: number) => ({ statements: [statement(port)], rollouts: [] });

describe('a snapshot', () => {
  it('of an earlier version has no decisions about versions', async () => {
    await snapshot().save(contentOf(1));
    const [, json = ''] = readFileSync(file, 'utf8').split('\n');
    const earlier = JSON.stringify({ ...(JSON.parse(json) as object), rollouts: undefined });
    const sum = createHash('sha256').update(earlier).digest('hex');
    writeFileSync(file, `${sum}\n${earlier}\n`);
    expect(await snapshot().load()).toEqual(contentOf(1));
  });

  it('restores what was saved, including instances that left', async () => {
    const statements = [statement(1), statement(2), statement(3, true)];
    const versions = [{ version: '1.5', state: 'held', why: 'it fails' }] as const;
    const content = { statements, rollouts: [{ prefix: '/v1', versions }] };
    await snapshot().save(content);
    expect(await snapshot().load()).toEqual(content);
    expect(lines).toEqual([]);
  });

  it('is encoded in parts, between which requests get their turn: 100,000 instances held them up for 200 ms', async () => {
    let inThisTurn = 0;
    let most = 0;
    const { announcement } = statement(1);
    const counted = {
      left: false,
      get announcement() {
        most = Math.max(most, ++inThisTurn);
        return announcement;
      },
    };
    const immediate = (): void => {
      inThisTurn = 0;
      next = setImmediate(immediate);
    };
    let next = setImmediate(immediate);
    await snapshot().save({ ...NOTHING, statements: Array.from({ length: 5000 }, () => counted) });
    clearImmediate(next);
    expect(most).toBeLessThanOrEqual(1000);
    expect((await snapshot().load()).statements).toHaveLength(5000);
  });

  it('is empty if there is no file', async () => {
    expect(await snapshot().load()).toEqual(NOTHING);
    expect(lines).toEqual([]);
  });

  it('is readable by its user only', async () => {
    await snapshot().save(contentOf(1));
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('is never written through a link that stands where it is written', async () => {
    const target = join(folder, 'target');
    writeFileSync(target, 'precious');
    for (const name of [`${file}.new`, file]) symlinkSync(target, name);
    await snapshot().save(contentOf(1));
    expect(readFileSync(target, 'utf8')).toBe('precious');
    expect(lstatSync(file).isFile()).toBe(true);
  });

  it('is set aside and replaced if any byte is damaged', async () => {
    await snapshot().save(contentOf(1));
    const text = readFileSync(file, 'utf8');
    for (const damaged of [
      '',
      'x',
      text.slice(0, -1),
      text.slice(0, text.length / 2),
      `${text}x`,
      text.replace('"port":1', '"port":2'),
      `0${text.slice(1)}`.replace(/^00/, '10'),
    ]) {
      writeFileSync(file, damaged);
      expect(await snapshot().load(), JSON.stringify(damaged)).toEqual(NOTHING);
      expect(existsSync(file)).toBe(false);
      expect(readFileSync(`${file}.damaged`, 'utf8')).toBe(damaged);
    }
    expect(lines).toHaveLength(7);
    expect(lines[0]).toMatch(/damaged/);
  });

  it('replaces the file atomically: a failed write leaves the previous one', async () => {
    await snapshot().save(contentOf(1));
    const before = readFileSync(file, 'utf8');
    // A folder stands where the new file would be written.
    const blocked = snapshotAt({ file: join(folder, 'none', 'table'), logger: silentLogger });
    await expect(blocked.save(contentOf(2))).rejects.toThrow(/ENOENT/);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readdirSync(folder)).toEqual(['table']);
  });
});
