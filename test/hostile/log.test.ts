import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BrokerCluster } from '../support/cluster.ts';
import { Pipe } from '../support/pipe.ts';
import { SmallDisk, whyNoSmallDisk } from '../support/small-disk.ts';
import { answers, endsInTime, SUBJECTS } from './subjects.ts';
import type { Subject } from './subjects.ts';

/** More than the queue of lines holds, and than a pipe does. */
const MANY = 8000;

let cluster: BrokerCluster;
beforeEach(async () => {
  cluster = await BrokerCluster.startWith('embedded');
});
afterEach(() => cluster.end());

/** Expects the right answer each time. */
async function askMany({ status, expected }: Subject, count: number): Promise<void> {
  for (let asked = 0; asked < count; asked += 50) {
    const statuses = await Promise.all(Array.from({ length: 50 }, status));
    expect(new Set(statuses)).toEqual(new Set([expected]));
  }
}

describe.each(Object.entries(SUBJECTS))('%s', (name, startSubject) => {
  const stream = name === 'rollcall run' ? 'stderr' : 'stdout';

  it('serves on while its log cannot be written at all, says so once, and ends by SIGTERM', async () => {
    const full = openSync('/dev/full', 'w');
    const subject = await startSubject(cluster, { output: { [stream]: full } });
    closeSync(full);
    await askMany(subject, 300);
    if (stream === 'stdout') {
      await subject.program.line(/cannot write log lines.*ENOSPC/);
      const said = subject.program.lines.filter((line) => line.includes('cannot write'));
      expect(said.length).toBeLessThanOrEqual(3);
    }
    await endsInTime(subject);
  });

  it('outlives the reader of its log, and ends by SIGTERM', async () => {
    const pipe = new Pipe();
    const subject = await startSubject(cluster, { output: { [stream]: pipe.writer } });
    pipe.begun();
    pipe.close();
    await askMany(subject, 300);
    await endsInTime(subject);
  });

  it('serves on while no program reads its log, in bounded memory, and ends by SIGTERM', async () => {
    const pipe = new Pipe();
    const subject = await startSubject(cluster, { output: { [stream]: pipe.writer } });
    pipe.begun();
    await askMany(subject, 1000);
    await endsInTime(subject);
    pipe.close();
  });
});

describe.skipIf(whyNoSmallDisk() !== undefined)('the log on a disk that is full', () => {
  it.each(Object.entries(SUBJECTS).filter(([name]) => name !== 'rollcall run'))(
    'lets %s serve on, and is written again when there is space',
    async (name, startSubject) => {
      const disk = new SmallDisk();
      const file = join(disk.folder, 'log');
      try {
        const log = openSync(file, 'a');
        const subject = await startSubject(cluster, {
          output: { stdout: log },
          env: { ROLLCALL_LOG: 'json' },
        });
        closeSync(log);
        await askMany(subject, 50);
        disk.fill();
        await askMany(subject, 500);
        disk.free();
        const before = readFileSync(file, 'utf8').length;
        // The broker limits the lines that strangers cause, each ten seconds.
        const news = name === 'a broker' ? /refused/ : /dropped log lines/;
        await vi.waitUntil(
          async () => {
            await answers(subject);
            return news.test(readFileSync(file, 'utf8').slice(before));
          },
          { timeout: 20_000, interval: 200 },
        );
        const broken = readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => !isJson(line));
        // One line may have been cut where the space ended.
        expect(broken.filter(Boolean).length).toBeLessThanOrEqual(3);
        await endsInTime(subject);
      } finally {
        disk.end();
      }
    },
  );
});

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

it('keeps a limited number of unread lines, and says how many it dropped', async () => {
  const pipe = new Pipe();
  const subject = await SUBJECTS['a gateway']?.(cluster, { output: { stdout: pipe.writer } });
  pipe.begun();
  if (subject === undefined) throw new Error('there is no gateway');
  await askMany(subject, MANY);
  pipe.read();
  await vi.waitUntil(
    async () => {
      await answers(subject);
      return pipe.text.includes('dropped log lines');
    },
    { timeout: 10_000 },
  );
  pipe.close();
});
