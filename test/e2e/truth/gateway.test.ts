import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { portsUp } from '../../support/admin.ts';
import { hasSoketi } from '../../support/available.ts';
import { BrokerCluster, generateV5 } from '../../support/cluster.ts';
import type { BrokerKind, RunningGateway } from '../../support/cluster.ts';
import { elapsed } from '../../support/elapsed.ts';
import type { RunningProgram } from '../../support/processes.ts';

let cluster: BrokerCluster;
afterEach(() => cluster.end());

async function kill(program: RunningProgram): Promise<void> {
  program.kill('SIGKILL');
  await program.ended;
}

/** Where an instance of /v1 listens. */
async function portOf(service: RunningProgram): Promise<number> {
  const [, port] = await service.line(/id-v5 listens host=\S+ port=(\d+)/);
  return Number(port);
}

/** An instance of /v1 that is announced as one of /legacy too, this once and never again. */
async function legacy({ program }: RunningGateway): Promise<RunningProgram> {
  const service = await cluster.idV5('legacy');
  const place = { prefix: '/legacy', port: await portOf(service), address: '127.0.0.1' };
  await cluster.publish('register', place);
  await program.line(/route registered .*\/legacy/);
  return service;
}

/** Milliseconds until just these of a path have been seen to be well. */
async function untilUp(
  gateway: RunningGateway,
  path: string,
  services: readonly RunningProgram[],
): Promise<number> {
  const ports = new Set(await Promise.all(services.map(portOf)));
  const up = async (): Promise<Set<number>> => new Set(await portsUp(gateway, path));
  return elapsed(expect.poll(up, { interval: 5 }).toEqual(ports));
}

describe('a gateway that was killed and restarted on the embedded broker', () => {
  beforeEach(async () => {
    cluster = await BrokerCluster.startWith('embedded');
  });

  it('has its table within 1 s from another gateway, with legacy services', async () => {
    const first = await cluster.gateway();
    const other = await cluster.gateway();
    const one = await cluster.idV5('one');
    const old = await legacy(other);
    await kill(first.program);

    const again = await cluster.gateway();
    const took = await Promise.all([
      untilUp(again, '/v1', [one, old]),
      untilUp(again, '/legacy', [old]),
    ]);
    expect(Math.max(...took)).toBeLessThan(1000);
    expect((await generateV5(again.url)).status).toBe(200);
  });

  it('has its table within 1 s from its default snapshot, with legacy services', async () => {
    const home = mkdtempSync(join(tmpdir(), 'rollcall-truth-'));
    onTestFinished(() => rmSync(home, { recursive: true }));
    const env = { ROLLCALL_SNAPSHOT: '', XDG_STATE_HOME: home };
    const saved = (): string => {
      const folder = join(home, 'rollcall');
      const files = existsSync(folder) ? readdirSync(folder) : [];
      // Not the one that is being written, which takes its place when it is whole.
      const file = files.find((name) => name.endsWith('.snapshot'));
      return file === undefined ? '' : readFileSync(join(folder, file), 'utf8');
    };
    const first = await cluster.gateway([], env);
    const stays = await cluster.idV5('stays');
    const leaves = await cluster.idV5('leaves');
    const old = await legacy(first);
    await expect.poll(saved).toContain('/legacy');
    await kill(first.program);
    leaves.kill('SIGTERM');
    await leaves.ended;
    await kill(stays);

    const again = await cluster.gateway([], env);
    const took = await Promise.all([
      untilUp(again, '/v1', [old]),
      untilUp(again, '/legacy', [old]),
    ]);
    expect(Math.max(...took)).toBeLessThan(1000);
    expect((await generateV5(again.url)).headers['x-server']).toBe('legacy');
  });
});

function suite(kind: BrokerKind): void {
  beforeEach(async () => {
    cluster = await BrokerCluster.startWith(kind);
  });

  it('has its table within 1 s from presence channels, without snapshot and other gateways', async () => {
    const first = await cluster.gateway();
    const services = await Promise.all(['one', 'two', 'three'].map((name) => cluster.idV5(name)));
    await untilUp(first, '/v1', services);
    await kill(first.program);

    const again = await cluster.gateway();
    expect(await untilUp(again, '/v1', services)).toBeLessThan(1000);
    expect((await generateV5(again.url)).status).toBe(200);
  });

  it('that was suspended knows within 1 s which instances came, left and crashed', async () => {
    const gateway = await cluster.gateway();
    const leaves = await cluster.idV5('leaves');
    const dies = await cluster.idV5('dies');
    await untilUp(gateway, '/v1', [leaves, dies]);
    gateway.program.kill('SIGSTOP');
    const came = await cluster.idV5('came');
    dies.kill('SIGKILL');
    leaves.kill('SIGTERM');
    await leaves.ended;

    gateway.program.kill('SIGCONT');
    expect(await untilUp(gateway, '/v1', [came])).toBeLessThan(1000);
    expect((await generateV5(gateway.url)).headers['x-server']).toBe('came');
  });
}

describe('a gateway on the embedded broker', () => suite('embedded'));
describe.skipIf(!hasSoketi)('a gateway on soketi', () => suite('soketi'));
