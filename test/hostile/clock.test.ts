import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FAKETIME } from '../support/available.ts';
import { BrokerCluster } from '../support/cluster.ts';
import type { Environment } from '../support/processes.ts';
import { answersFor, endsInTime, SUBJECTS } from './subjects.ts';
import { BAD, servesFor, world, WORKERS } from './world.ts';

/** An hour forth, an hour back from there to before the start, and right again. */
const STEPS = ['+1h', '-1h', '+0'];

let folder: string;
let file: string;
let env: Environment;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-clock-'));
  file = join(folder, 'time');
  step('+0');
  env = {
    LD_PRELOAD: FAKETIME ?? '',
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Steps the clock of every program that has `env`. */
function step(by: string): void {
  writeFileSync(file, by);
}

describe.skipIf(FAKETIME === undefined)('a clock that is stepped by an hour', () => {
  it.each(WORKERS)(
    'affects no request of a gateway with %s worker processes, and of its instances',
    async (workers) => {
      const { cluster, gateway, url } = await world({ args: ['--workers', workers], env });
      for (const by of STEPS) {
        step(by);
        await servesFor(url, 2500);
      }
      expect(gateway.output).not.toMatch(BAD);
      // Back to normal: others register, and leave.
      const two = await cluster.idV5('two', env);
      await vi.waitUntil(() => gateway.output.match(/route registered/g)?.length === 2, {
        timeout: 10_000,
      });
      two.kill('SIGTERM');
      await two.ended;
      await servesFor(url, 500);
    },
  );

  it('affects no connection to a broker, which says to publishers that the clocks differ', async () => {
    const { cluster, gateway, url } = await world({ brokerEnv: env });
    for (const by of ['+1h', '-1h']) {
      step(by);
      await servesFor(url, 1500);
      const published = cluster.publish('rollcall', {});
      await expect(published).rejects.toMatchObject({ status: 401, body: /clock/ });
    }
    step('+0');
    await cluster.idV5('two');
    await vi.waitUntil(() => gateway.output.match(/route registered/g)?.length === 2);
    await servesFor(url, 500);
    expect(gateway.output).not.toMatch(BAD);
  });

  it.each(Object.entries(SUBJECTS))('affects nothing that %s does', async (_, startSubject) => {
    const cluster = await BrokerCluster.startWith('embedded');
    try {
      const subject = await startSubject(cluster, { env });
      for (const by of STEPS) {
        step(by);
        await answersFor(subject, 1500);
      }
      expect(subject.program.output).not.toMatch(BAD);
      await endsInTime(subject);
    } finally {
      await cluster.end();
    }
  });
});
