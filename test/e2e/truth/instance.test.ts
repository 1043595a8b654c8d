import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasGo, hasSoketi } from '../../support/available.ts';
import { Cluster, generateV5 } from '../../support/cluster.ts';
import type { BrokerKind, RunningGateway } from '../../support/cluster.ts';
import { elapsed } from '../../support/elapsed.ts';

function suite(kind: BrokerKind): void {
  let cluster: Cluster;
  let gateways: RunningGateway[];
  beforeEach(async () => {
    cluster = await Cluster.start(kind);
    gateways = await Promise.all([cluster.gateway(), cluster.gateway()]);
  });
  afterEach(() => cluster.end());

  const everyGateway = (pattern: RegExp): Promise<unknown> =>
    Promise.all(gateways.map(({ program }) => program.line(pattern)));

  it('that was killed is down at every gateway within 1 s', async () => {
    const service = await cluster.idV5('one');
    await everyGateway(/route registered/);
    service.kill('SIGKILL');
    expect(await elapsed(everyGateway(/instance down .*refuses connections/))).toBeLessThan(1000);
    for (const { url } of gateways) expect((await generateV5(url)).status).toBe(503);
  });

  it.skipIf(!hasGo)('that was killed is down within 1 s by probes alone', async () => {
    const service = await cluster.idV4('one');
    await everyGateway(/route registered/);
    service.kill('SIGKILL');
    expect(await elapsed(everyGateway(/instance down .*refuses connections/))).toBeLessThan(1000);
  });

  it('that hangs is down at every gateway within 5 s, and recovers when it resumes', async () => {
    const service = await cluster.idV5('one');
    await everyGateway(/route registered/);
    service.kill('SIGSTOP');
    expect(await elapsed(everyGateway(/instance down .*probes failed/))).toBeLessThan(5000);
    for (const { url } of gateways) expect((await generateV5(url)).status).toBe(503);
    service.kill('SIGCONT');
    await everyGateway(/instance recovered .*a probe succeeded/);
    for (const { url } of gateways) expect((await generateV5(url)).status).toBe(200);
  });

  it('that leaves is unregistered at every gateway within 200 ms, before it reports that it left', async () => {
    const service = await cluster.idV5('one');
    await everyGateway(/route registered/);
    service.kill('SIGTERM');
    expect(await elapsed(everyGateway(/route unregistered/))).toBeLessThan(200);
    expect(service.output).not.toMatch(/left the registry/);
    await service.line(/left the registry/);
    expect((await service.ended).code).toBe(0);
  });
}

describe('an instance on the embedded broker', () => suite('embedded'));
describe.skipIf(!hasSoketi)('an instance on soketi', () => suite('soketi'));
