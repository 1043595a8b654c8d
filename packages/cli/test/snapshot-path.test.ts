import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditLogPath, snapshotPath } from '../src/snapshot-path.ts';

const PURPOSE = '127.0.0.1:6001 1 mapped-discovery 1500';

const path = (purpose: string) => snapshotPath({ XDG_STATE_HOME: '/s' }, purpose);

describe('snapshotPath', () => {
  it.each([
    [{}, join(homedir(), '.local', 'state', 'rollcall')],
    [{ XDG_STATE_HOME: '' }, join(homedir(), '.local', 'state', 'rollcall')],
    [{ XDG_STATE_HOME: '/state' }, '/state/rollcall'],
    [{ STATE_DIRECTORY: '/var/lib/x', XDG_STATE_HOME: '/state' }, '/var/lib/x'],
    // systemd separates several by colons; the XDG specification has relative paths ignored.
    [{ STATE_DIRECTORY: '/var/lib/x:/var/lib/y' }, '/var/lib/x'],
    [{ XDG_STATE_HOME: 'state' }, join(homedir(), '.local', 'state', 'rollcall')],
  ])('is in the state folder: %j', (env, folder) => {
    const found = snapshotPath(env, PURPOSE);
    expect(dirname(found)).toBe(folder);
    expect(found).toMatch(/\/[0-9a-f]{12}\.snapshot$/);
  });

  it('is stable for each broker, app, channel and port, without revealing them', () => {
    expect(path(PURPOSE)).toBe(path(PURPOSE));
    expect(path(PURPOSE)).not.toBe(path(PURPOSE.replace('1500', '1501')));
    expect(path(PURPOSE)).not.toContain('mapped-discovery');
  });
});

describe('auditLogPath', () => {
  it.each([
    ['/var/lib/rollcall/0123456789ab.snapshot', '/var/lib/rollcall/0123456789ab.audit.jsonl'],
    ['/var/lib/rollcall/table', '/var/lib/rollcall/table.audit.jsonl'],
  ])('is beside the snapshot %s', (snapshot, auditLog) => {
    expect(auditLogPath(snapshot)).toBe(auditLog);
  });
});
