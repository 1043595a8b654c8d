import { afterAll, beforeAll, expect, it } from 'vitest';
import { readFileSync, writeFileSync } from 'node:fs';
import { Cluster } from '../support/cluster.ts';
import { GENERATE_V5, Load } from '../support/load.ts';
import type { RunningProgram } from '../support/processes.ts';
import { AttackedGateway } from '../attacks/attacked-gateway.ts';

let cluster: Cluster;
let attacked: AttackedGateway;
beforeAll(async () => {
  cluster = await Cluster.start();
  attacked = await AttackedGateway.prepare(cluster);
});
afterAll(async () => {
  await cluster.end();
  attacked.end();
});

/** Runs `rollcall keys` beside the gateway's configuration, and returns what it prints. */
async function keys(...args: string[]): Promise<string> {
  const program = cluster.cli(['keys', ...args], { ROLLCALL_ADMIN: attacked.gateway.adminUrl });
  expect((await program.ended).code).toBe(0);
  return program.output;
}

function keyIn(output: string): string {
  return /^ROLLCALL_SERVICE_KEY=(\S+)$/m.exec(output)?.[1] ?? '';
}

/** Replaces an instance of /v1, one after the other. */
async function replaced(
  name: string,
  before: RunningProgram,
  key?: string,
): Promise<RunningProgram> {
  const env = key === undefined ? {} : { ROLLCALL_SERVICE_KEY: key };
  const known = attacked.gateway.program.nextLine(/route registered .*\/v1/);
  const next = await cluster.idV5(name, env);
  await known;
  before.kill('SIGTERM');
  expect((await before.ended).code).toBe(0);
  return next;
}

/** Changes the gateway's configuration, and resolves when it has read it. */
async function configured(change: object): Promise<void> {
  const config = attacked.file('gateway.json');
  const read = attacked.gateway.program.nextLine(/reloaded configuration/);
  writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), ...change }));
  await read;
}

const ownershipCodes = async (): Promise<string[]> =>
  (await attacked.exposure()).filter((code) => /owne|signed|keys/.test(code));

it('docs/guides/service-keys.md takes a running system to a key for each service without a failed request', async () => {
  const config = ['--config', attacked.file('gateway.json')];
  await attacked.startGateway({ owners: {} });
  let one = await cluster.idV5('one');
  let two = await cluster.idV5('two');
  await expect.poll(() => attacked.served()).toMatch(/one|two/);
  const load = new Load(attacked.gateway.url, [GENERATE_V5], { connections: 4 });

  // 1. Make a key for a service. 2. Let the services sign, here only one of them.
  const created = await keys('create', '--prefix', '/v1');
  one = await replaced('one', one, keyIn(created));

  // 3. Report unsigned announcements: the second is found.
  const owners = JSON.parse(`{${/"owners": (.*)$/m.exec(created)?.[0] ?? ''}}`) as object;
  await configured({ ...owners, ownership: 'report' });
  await attacked.gateway.program.line(/accepted, but not proven \(unsigned\): "\/v1"/);
  expect(await attacked.metric('unproven_instances')).toBe(1);
  expect(await ownershipCodes()).toEqual([
    'ownership-reported',
    'unowned-allowed',
    'unsigned-instances',
  ]);
  two = await replaced('two', two, keyIn(created));
  expect(await attacked.metric('unproven_instances')).toBe(0);

  // 4. Refuse it.
  await configured({ ownership: 'enforce', unowned: 'refuse' });
  expect(await ownershipCodes()).toEqual([]);
  await attacked.cluster.publish('register', attacked.forged());
  await attacked.gateway.program.line(/refused register \(unsigned\)/);

  // Replace a key.
  const reloaded = attacked.gateway.program.nextLine(/reloaded configuration/);
  const rotated = await keys('rotate', '--prefix', '/v1', ...config);
  await reloaded;
  one = await replaced('one', one, keyIn(rotated));
  expect(await keys('list', ...config)).toMatch(/ 1\n.* 1$/);
  two = await replaced('two', two, keyIn(rotated));
  expect(await keys('list', ...config)).toMatch(/ 0\n.* 2$/);
  const { owners: both } = JSON.parse(readFileSync(attacked.file('gateway.json'), 'utf8')) as {
    owners: { '/v1': string[] };
  };
  await configured({ owners: { '/v1': both['/v1'].slice(1) } });

  await load.stop();
  expect(load.failures).toEqual([]);
  expect(load.answered).toBeGreaterThan(100);

  // Take a key away.
  await configured({ owners: { '/v1': [both['/v1'][0]] } });
  await expect.poll(() => attacked.served()).toBe('503');
  for (const each of [one, two]) each.end();
});
