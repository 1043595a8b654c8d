import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import Pusher from 'pusher';
import { Cluster, generateV5 } from '../support/cluster.ts';
import type { RunningProgram } from '../support/processes.ts';

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.start('embedded');
});
afterEach(() => cluster.end());

/** How long until a program prints a line like this, from now. */
async function until(program: RunningProgram, pattern: RegExp): Promise<number> {
  const begun = performance.now();
  await program.line(pattern);
  return performance.now() - begun;
}

describe('a table that tells the truth', () => {
  it('drops an instance that was killed within 1 s, with no request to it', async () => {
    const { program } = await cluster.gateway();
    const service = await cluster.idV5('one');
    await program.line(/route registered/);
    service.kill('SIGKILL');
    await service.ended;
    expect(await until(program, /out of rotation .*refuses connections/)).toBeLessThan(1000);
  });

  it('drops an instance that hangs within 5 s, and takes it back when it goes on', async () => {
    const { url, program } = await cluster.gateway();
    const service = await cluster.idV5('one');
    await program.line(/route registered/);
    service.kill('SIGSTOP');
    expect(await until(program, /out of rotation .*probes failed/)).toBeLessThan(5000);
    expect((await generateV5(url)).status).toBe(503);
    service.kill('SIGCONT');
    await program.line(/in rotation .*a probe succeeded/);
    expect((await generateV5(url)).status).toBe(200);
  });

  it('is full within 1 s in a gateway that starts beside another, legacy services included', async () => {
    const first = await cluster.gateway();
    await cluster.idV5('one');
    const { env } = cluster;
    const pusher = new Pusher({
      appId: env['PUSHER_APP_ID'] ?? '',
      key: env['PUSHER_APP_KEY'] ?? '',
      secret: env['PUSHER_APP_SECRET'] ?? '',
      host: '127.0.0.1',
      port: env['PUSHER_PORT'] ?? '',
    });
    const legacy = await cluster.idV5('legacy');
    const [, port] = await legacy.line(/listens on \S+ port (\d+)/);
    const place = { prefix: '/legacy', port, address: '127.0.0.1' };
    await pusher.trigger('mapped-discovery', 'register', place);
    await first.program.line(/route registered .*\/legacy/);

    const second = await cluster.gateway();
    const took = await Promise.all([
      until(second.program, /(registered|in rotation) .*\/v1/),
      until(second.program, /in rotation .*\/legacy/),
    ]);
    expect(Math.max(...took)).toBeLessThan(1000);
    expect((await generateV5(second.url)).status).toBe(200);
  });

  it('is full within 1 s in a gateway that restarts alone, from its snapshot; not of what left meanwhile', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-truth-'));
    const args = ['--snapshot', join(folder, 'table')];
    const first = await cluster.gateway(args);
    await cluster.idV5('stays');
    const leaves = await cluster.idV5('leaves');
    await expect.poll(() => first.program.output.match(/route registered/g)?.length).toBe(2);
    first.program.kill('SIGTERM');
    await first.program.ended;
    leaves.kill('SIGTERM');
    await leaves.ended;

    const second = await cluster.gateway(args);
    expect(await until(second.program, /(registered|in rotation) .*\/v1/)).toBeLessThan(1000);
    expect((await generateV5(second.url)).headers['x-server']).toBe('stays');
    rmSync(folder, { recursive: true });
  });

  it('keeps every instance in rotation while the broker is away, and a renewal is not needed', async () => {
    const { url, program } = await cluster.gateway();
    await cluster.idV5('one');
    await program.line(/route registered/);
    cluster.broker.kill('SIGSTOP');
    for (let count = 0; count < 20; count++) expect((await generateV5(url)).status).toBe(200);
    cluster.broker.kill('SIGCONT');
    expect(program.output).not.toMatch(/out of rotation|unregistered/);
    cluster.broker.kill('SIGKILL');
    await program.line(/lost the broker/);
    for (let count = 0; count < 20; count++) expect((await generateV5(url)).status).toBe(200);
  });
});
