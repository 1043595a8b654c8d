import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import type { Environment } from '../support/processes.ts';
import { freePort } from '../support/free-port.js';

let cluster: Cluster;
let gateway: RunningGateway;
beforeEach(async () => {
  cluster = await Cluster.start();
  gateway = await cluster.gateway();
  await cluster.idV5('first');
});
afterEach(() => cluster.end());

async function doctor(args: string[] = [], env: Environment = {}) {
  const program = cluster.cli(['doctor', '--admin', gateway.adminUrl, ...args], env);
  const { code } = await program.ended;
  return { code, lines: program.lines, output: program.output };
}

describe('rollcall doctor', () => {
  it('exits with 0 if everything is healthy', async () => {
    const { code, lines } = await doctor();
    expect(lines.at(-1)).toBe('0 failed, 0 warnings');
    expect(lines).toContainEqual(expect.stringMatching(/^ok +instances +\/v1: 1 of 1 healthy$/));
    expect(code).toBe(0);
  });

  it('shows what the gateway knows of how exposed the deployment is, and what to do', async () => {
    const owners = '{"/v1":["rpk_11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]}';
    gateway = await cluster.gateway(['--set', `owners=${owners}`, '--set', 'ownership=report']);
    const { code, output } = await doctor();
    expect(output).toMatch(
      /^warn +exposure +high: .* 1 instance would be refused .* \(ownership-reported\)\n +-> give .* a key/m,
    );
    expect(code).toBe(0);
  });

  it.each<[Environment, RegExp]>([
    [{ PUSHER_APP_SECRET: 's3cret' }, /^fail +credentials/m],
    [{ ROLLCALL_CHANNEL: 'another' }, /^fail +gateway +it did not answer/m],
    [{ PUSHER_APP_SECURE: '1' }, /^fail +broker/m],
    [{ PUSHER_PORT: 'x' }, /^fail +configuration/m],
  ])('finds the fault of %j, and exits with 1', async (env, finding) => {
    const { code, output } = await doctor([], env);
    expect(output).toMatch(finding);
    expect(output).not.toContain('s3cret');
    expect(code).toBe(1);
  });

  it('finds an unreachable broker and an unreachable instance, also as JSON', async () => {
    const gone = await freePort();
    const leased = { id: 'gone', inc: 1, seq: 0, ttl: 300 };
    const place = { prefix: '/v9', address: '127.0.0.1', port: gone };
    await cluster.publish('register', { ...place, ...leased });
    await gateway.program.line(/instance down .*\/v9 /);
    const { code, output } = await doctor(['--json']);
    expect(JSON.parse(output)).toMatchObject({
      ok: false,
      findings: expect.arrayContaining([
        {
          check: 'instances',
          level: 'fail',
          found: `/v9 at 127.0.0.1:${gone} refuses connections`,
          advice: expect.any(String) as string,
        },
      ]) as unknown,
    });
    expect(code).toBe(1);
    expect((await doctor([], { PUSHER_PORT: String(gone) })).output).toMatch(/^fail +broker/m);
  });
});
