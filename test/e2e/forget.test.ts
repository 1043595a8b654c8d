import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explained } from '../support/admin.ts';
import { ask, Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import { freePort } from '../support/free-port.js';

const TOKEN = { ROLLCALL_ADMIN_TOKEN: 'a-token-of-enough-length' };

let cluster: Cluster;
let gateway: RunningGateway;
beforeEach(async () => {
  cluster = await Cluster.start();
  gateway = await cluster.gateway([], TOKEN);
});
afterEach(() => cluster.end());

async function forget(what: string, env: Record<string, string> = TOKEN) {
  const program = cluster.cli(['forget', what, '--admin', gateway.adminUrl], env);
  const { code } = await program.ended;
  return { code, output: program.output.trim() };
}

/** An instance whose process has crashed; returns its key. */
async function crashed(): Promise<string> {
  const service = await cluster.idV5('one');
  await gateway.program.line(/route registered/);
  service.kill('SIGKILL');
  await gateway.program.line(/instance down/);
  return (await explained(gateway, '/v1')).instances[0]?.key ?? '';
}

const instances = async () => (await explained(gateway, '/v1')).instances;
const status = async () => (await ask(`${gateway.url}/v1/generate`)).status;

describe('rollcall forget', () => {
  it('has requests for a service that is gone receive 404 at once', async () => {
    await crashed();
    expect(await status()).toBe(503);
    expect(await forget('/v1')).toEqual({
      code: 0,
      output: 'forgotten until it is announced again: /v1',
    });
    await expect.poll(status).toBe(404);
    expect(await forget('/v1')).toEqual({
      code: 5,
      output: expect.stringMatching(/^rollcall: .*No service has the prefix "\/v1"\.$/),
    });
  });

  it('forgets an instance that is down by its key', async () => {
    const key = await crashed();
    expect(await forget(key)).toEqual({
      code: 0,
      output: expect.stringMatching(/again: 127\.0\.0\.1 port \d+ of \/v1$/),
    });
    expect((await explained(gateway, '/v1')).instances).toEqual([]);
    expect(await forget(key)).toEqual({
      code: 5,
      output: expect.stringMatching(/^rollcall: .*No instance has the key/),
    });
  });

  it('takes the beginning of an id, as rollcall ls shows it, unless several begin so', async () => {
    const at = { prefix: '/v1', address: '127.0.0.1', inc: 1 };
    const ids = ['01a7c1a4-6b0e-1', '01a7c1b5-6b0e-2'];
    await cluster.publish('register', { ...at, port: await freePort(), id: ids[0] });
    await cluster.publish('register', { ...at, port: await freePort(), id: ids[1] });
    await expect
      .poll(async () => (await instances()).map(({ state }) => state), { timeout: 15_000 })
      .toEqual(['down', 'down']);
    expect(await forget('01a7')).toEqual({
      code: 2,
      output: `rollcall: 2 instances have an id that begins with "01a7"; give more of it: ${ids.join(', ')}`,
    });
    expect((await forget('01a7c1a4')).code).toBe(0);
    expect((await instances()).map(({ key }) => key)).toEqual([ids[1]]);
  });

  it('refuses to forget what runs, and asks for the token', async () => {
    await cluster.idV5('one');
    await gateway.program.line(/route registered/);
    const key = (await explained(gateway, '/v1')).instances[0]?.key ?? '';
    const refused = { code: 5, output: expect.stringMatching(/^rollcall: .*down/) };
    expect(await forget('/v1')).toEqual(refused);
    expect(await forget(key)).toEqual(refused);
    expect(await forget('/v1', { ROLLCALL_ADMIN_TOKEN: '' })).toEqual({
      code: 2,
      output: expect.stringMatching(/needs its token .*ROLLCALL_ADMIN_TOKEN/),
    });
    expect((await explained(gateway, '/v1')).instances).toHaveLength(1);
  });
});
