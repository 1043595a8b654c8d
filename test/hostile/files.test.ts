import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { APP } from '../support/connection.ts';
import { BrokerCluster } from '../support/cluster.ts';
import { SmallDisk, whyNoSmallDisk } from '../support/small-disk.ts';
import { answersFor, SUBJECTS } from './subjects.ts';
import { servesFor, world, WORKERS } from './world.ts';

let folder: string;
let settings: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-files-'));
  settings = join(folder, 'settings');
  file = join(settings, 'config.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(content: object): void {
  mkdirSync(settings, { recursive: true });
  writeFileSync(file, JSON.stringify(content));
}

describe('a configuration whose folder is removed', () => {
  it.each(WORKERS)(
    'stays as it was until it is there again, in a gateway with %s worker processes',
    async (workers) => {
      write({ limits: { answerMs: 1000 } });
      const { gateway, url } = await world({ args: ['--workers', workers, '--config', file] });
      rmSync(settings, { recursive: true });
      await gateway.line(/cannot reload configuration .*ENOENT/);
      await servesFor(url, 2500);
      write({ limits: { answerMs: 2000 } });
      await gateway.line(/reloaded configuration/);
      await servesFor(url, 500);
      expect(gateway.lines.filter((line) => line.includes('cannot reload'))).toHaveLength(1);
    },
  );

  it('stays as it was until it is there again, in a broker', async () => {
    const cluster = await BrokerCluster.startWith('embedded');
    try {
      write({ apps: [APP] });
      const subject = await SUBJECTS['a broker']?.(cluster, { args: ['--config', file] });
      if (subject === undefined) throw new Error('there is no broker');
      const { program } = subject;
      rmSync(settings, { recursive: true });
      await program.line(/cannot reload configuration .*ENOENT/);
      await answersFor(subject, 2500);
      write({ apps: [APP, { ...APP, appId: '2', key: 'two' }] });
      await program.line(/reloaded configuration/);
      await answersFor(subject, 500);
      expect(program.lines.filter((line) => line.includes('cannot reload'))).toHaveLength(1);
    } finally {
      await cluster.end();
    }
  });
});

describe.skipIf(whyNoSmallDisk() !== undefined)('an audit log on a disk that is full', () => {
  it('is said once, and written when there is space, while changes and requests go on', async () => {
    const disk = new SmallDisk();
    try {
      const auditLog = join(disk.folder, 'audit.jsonl');
      const token = 'a-token-of-enough-length';
      const { gateway, url } = await world({
        args: ['--audit-log', auditLog],
        env: { ROLLCALL_ADMIN_TOKEN: token },
      });
      const { adminUrl } = await gateway.listening;
      const get = async (path: string) => (await fetch(adminUrl + path)).text();
      const drain = (key: string, act: string) =>
        fetch(`${adminUrl}/api/instances/${encodeURIComponent(key)}/${act}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}` },
        });
      const [, key = ''] = /"key":"([^"]+)"/.exec(await get('/api/instances')) ?? [];
      disk.fill();
      // Beyond the page that the file has already.
      for (let count = 0; count < 40; count++) {
        expect((await drain(key, 'drain')).status).toBe(200);
        expect((await drain(key, 'undrain')).status).toBe(200);
      }
      await gateway.line(/cannot save the audit log: trying again/);
      expect(await get('/ready')).toContain('It cannot write its audit log.');
      expect(await get('/api/status')).toContain('"audit":"failing"');
      expect(await get('/api/audit?limit=1')).toContain('"id":80,');
      await servesFor(url, 500);
      disk.free();
      await gateway.line(/saved the audit log again/);
      const ids = readFileSync(auditLog, 'utf8')
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: number }).id);
      expect(ids).toEqual(Array.from({ length: 80 }, (_, index) => index + 1));
      expect(gateway.lines.filter((line) => line.includes('cannot save'))).toHaveLength(1);
    } finally {
      disk.end();
    }
  });
});

describe.skipIf(whyNoSmallDisk() !== undefined)('a snapshot on a disk that is full', () => {
  it.each(WORKERS)(
    'is said once, and saved when there is space, with %s worker processes',
    async (workers) => {
      const disk = new SmallDisk();
      try {
        const snapshot = join(disk.folder, 'table');
        disk.fill();
        const { gateway, url } = await world({
          args: ['--workers', workers, '--snapshot', snapshot],
        });
        await gateway.line(/cannot save the snapshot: trying again/);
        await servesFor(url, 1000);
        disk.free();
        await gateway.line(/saved the snapshot again/);
        expect(readFileSync(snapshot, 'utf8')).toContain('/v1');
        expect(gateway.lines.filter((line) => line.includes('cannot save'))).toHaveLength(1);
      } finally {
        disk.end();
      }
    },
  );
});
