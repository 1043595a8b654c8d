import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasGo, hasSoketi } from '../../support/available.ts';
import { BrokerCluster, generateV5 } from '../../support/cluster.ts';
import type { BrokerKind, RunningGateway } from '../../support/cluster.ts';
import { elapsed } from '../../support/elapsed.ts';

function suite(kind: BrokerKind): void {
  let cluster: BrokerCluster;
  let gateways: RunningGateway[];
  beforeEach(async () => {
    cluster = await BrokerCluster.startWith(kind);
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

  it('that hangs is out of every gateway within 5 s, and recovers when it resumes', async () => {
    const service = await cluster.idV5('one');
    await everyGateway(/route registered/);
    const second = Promise.all(gateways.map(({ program }) => program.nextLine(/route registered/)));
    await cluster.idV5('two');
    await second;
    service.kill('SIGSTOP');
    const out = /instance suspected .*not answered in time/;
    expect(await elapsed(everyGateway(out))).toBeLessThan(5000);
    for (const { url } of [...gateways, ...gateways])
      expect((await generateV5(url)).headers['x-server']).toBe('two');
    service.kill('SIGCONT');
    await everyGateway(/instance recovered .*a probe succeeded/);
  });

  it('that hangs and is the only one is waited for: it may be busy', async () => {
    const service = await cluster.idV5('one');
    await everyGateway(/route registered/);
    service.kill('SIGSTOP');
    await everyGateway(/instance suspected .*not answered in time/);
    const answers = gateways.map(({ url }) => generateV5(url));
    service.kill('SIGCONT');
    for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200);
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
