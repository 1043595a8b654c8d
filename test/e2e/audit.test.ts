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
import { hashApiKey } from '@rollcall/gateway';
import type { AuditEntry } from '@rollcall/gateway';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explained } from '../support/admin.ts';
import { Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';

const tokenOf = (name: string): string => `the-long-token-of-${name}`;
const alice = { hash: hashApiKey(tokenOf('alice')), scopes: ['read', 'drain'] };
const bob = { hash: hashApiKey(tokenOf('bob')), scopes: ['read'] };

let cluster: Cluster;
let folder: string;
let file: string;
let auditLog: string;
beforeEach(async () => {
  cluster = await Cluster.start();
  folder = mkdtempSync(join(tmpdir(), 'rollcall-audit-'));
  file = join(folder, 'rollcall.json');
  auditLog = join(folder, 'audit.jsonl');
});
afterEach(async () => {
  await cluster.end();
  rmSync(folder, { recursive: true });
});

function start(config: object): Promise<RunningGateway> {
  writeFileSync(file, JSON.stringify(config));
  return cluster.gateway(['--config', file, '--audit-log', auditLog]);
}

async function reload({ program }: RunningGateway, config: object | string): Promise<void> {
  const read = program.nextLine(/reload(ed)? configuration/);
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
  program.kill('SIGHUP');
  await read;
}

const act = ({ adminUrl }: RunningGateway, who: string, path: string): Promise<Response> =>
  fetch(`${adminUrl}/api${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokenOf(who)}` },
  });

/** The entries of `rollcall audit --json`. */
async function audit({ adminUrl }: RunningGateway): Promise<AuditEntry[]> {
  const program = cluster.cli(['audit', '--json', '--admin', adminUrl]);
  await program.ended;
  return program.lines.map((line) => JSON.parse(line) as AuditEntry);
}

/** A line of some 1000 bytes. */
function lineOf(id: number): string {
  const at = '2026-11-29T00:00:00.000Z';
  const target = { key: 'x'.repeat(900) };
  return `${JSON.stringify({ id, at, action: 'drain', who: 'alice', target, result: 'accepted' })}\n`;
}

describe('the audit log of a gateway', () => {
  it('has changes and reloads, and outlives the gateway', async () => {
    const first = await start({ adminTokens: { alice, bob } });
    await cluster.idV5('one');
    await first.program.line(/route registered/);
    const [{ key } = { key: '' }] = (await explained(first, '/v1')).instances;
    const drain = `/instances/${encodeURIComponent(key)}/drain`;
    expect((await act(first, 'alice', drain)).status).toBe(200);
    expect((await act(first, 'bob', drain)).status).toBe(403);
    await reload(first, { adminTokens: { alice }, limits: { answerMs: 2000 } });
    await reload(first, '{ "adminTokens": nonsense');
    first.program.kill('SIGTERM');
    await first.program.ended;
    appendFileSync(auditLog, '{"id":5,"at":"2026');

    const second = await start({ adminTokens: { alice } });
    await act(second, 'alice', '/services/forget?prefix=/nothing');
    const from = '127.0.0.1';
    const target = expect.objectContaining({ prefix: '/v1', key, address: from }) as unknown;
    await expect
      .poll(() => audit(second))
      .toEqual([
        expect.objectContaining({ id: 1, action: 'drain', who: 'alice', from, target }),
        expect.objectContaining({
          id: 2,
          action: 'drain',
          who: 'bob',
          from,
          target,
          result: 'refused',
          reason: 'missing-scope',
        }),
        expect.objectContaining({
          id: 3,
          action: 'reload',
          target: { file },
          result: 'accepted',
          settings: ['limits.answerMs', 'adminTokens.bob'],
          needRestart: [],
        }),
        expect.objectContaining({
          id: 4,
          action: 'reload',
          target: { file },
          result: 'refused',
          reason: expect.stringMatching(/rollcall\.json.*not JSON/) as unknown,
        }),
        expect.objectContaining({
          id: 5,
          action: 'forget-service',
          target: { prefix: '/nothing' },
          result: 'refused',
          reason: 'unknown-service',
        }),
      ]);
    expect(statSync(auditLog).mode & 0o777).toBe(0o600);
    const text = readFileSync(auditLog, 'utf8');
    for (const secret of [tokenOf('alice'), tokenOf('bob'), alice.hash, bob.hash])
      expect(text + first.program.output).not.toContain(secret);
  });

  it('is printed as a table', async () => {
    const gateway = await start({ adminTokens: { alice } });
    const print = async (...args: string[]): Promise<string> => {
      const program = cluster.cli(['audit', '--admin', gateway.adminUrl, ...args]);
      await program.ended;
      return program.output;
    };
    expect(await print()).toBe('no changes');
    await act(gateway, 'alice', '/services/forget?prefix=/nothing');
    await reload(gateway, { adminTokens: { alice }, via: false });
    expect(await print()).toMatch(
      /^TIME +WHO +FROM +ACTION +TARGET +RESULT +\n\S+Z +alice +127\.0\.0\.1 +forget-service +\/nothing +refused +unknown-service\n\S+Z +- +- +reload +\S+\.json +accepted +via$/,
    );
    expect((await print('--limit', '1')).split('\n')).toHaveLength(2);
    expect(await print('--limit', 'x')).toContain('--limit is "x"');
  });

  it('is rotated to one older file', async () => {
    const full = Array.from({ length: 10_400 }, (_, index) => lineOf(index + 1)).join('');
    writeFileSync(auditLog, full);
    const gateway = await start({ adminTokens: { alice } });
    for (let count = 0; count < 3; count++)
      await act(gateway, 'alice', `/services/forget?prefix=/${count}`);
    await expect.poll(() => readFileSync(auditLog, 'utf8').split('\n').length).toBe(4);
    expect(statSync(`${auditLog}.1`).size).toBe(Buffer.byteLength(full));
    const exported = await fetch(`${gateway.adminUrl}/api/audit?format=jsonl`);
    const ids = (await exported.text()).trim().split('\n');
    expect(ids).toHaveLength(10_403);
    expect(JSON.parse(ids.at(-1) ?? '')).toMatchObject({ id: 10_403 });
  });
});

describe('admin tokens', () => {
  it('stop working as soon as the configuration does not have them', async () => {
    const gateway = await start({ adminTokens: { alice, bob } });
    const forget = '/services/forget?prefix=/nothing';
    expect((await act(gateway, 'alice', forget)).status).toBe(404);
    const stream = await fetch(`${gateway.adminUrl}/api/changes`, {
      headers: { authorization: `Bearer ${tokenOf('alice')}` },
    });
    await reload(gateway, { adminTokens: { bob } });
    expect((await act(gateway, 'alice', forget)).status).toBe(401);
    // The stream that was opened with it ends.
    expect(await stream.text()).toContain('event: state');
    await gateway.program.line(/rejected an admin token from=127\.0\.0\.1 why=unknown/);
    const program = cluster.cli(['forget', '/v1', '--admin', gateway.adminUrl], {
      ROLLCALL_ADMIN_TOKEN: tokenOf('bob'),
    });
    expect(await program.ended).toMatchObject({ code: 2 });
    expect(program.output).toContain('The token bob does not have the scope "drain"');
  });
});
