import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countUp } from '../support/admin.ts';
import { hasGo } from '../support/available.ts';
import { Cluster } from '../support/cluster.ts';
import { freePort } from '../support/free-port.js';

const folder = mkdtempSync(join(tmpdir(), 'grpc-go-'));
const program = join(folder, 'go-grpc');
const SERVICE = 'grpc.health.v1.Health';

/** Without Go it is skipped: grpc-go comes by the module proxy. */
describe.runIf(hasGo)('a server and a client of grpc-go', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    const cwd = fileURLToPath(new URL('go-grpc/', import.meta.url));
    const build = spawn('go', ['build', '-o', program, '.'], { cwd, stdio: 'inherit' });
    expect(await once(build, 'close')).toEqual([0, null]);
    cluster = await Cluster.start();
  }, 300_000);
  afterAll(async () => {
    await cluster.end();
    rmSync(folder, { recursive: true });
  });

  it('meet at the gateway: more calls at once than a connection takes, a stream, a deadline, a status', async () => {
    const gateway = await cluster.gateway();
    const port = String(await freePort());
    const announced = ['--prefix', `/${SERVICE}`, '--port', port, '--scheme', 'h2c', '--no-strip'];
    const command = ['run', ...announced, '--health', 'grpc:a', '--', program, 'serve', port];
    const routed = gateway.program.line(/route registered/);
    cluster.cli(command);
    await routed;
    await expect.poll(() => countUp(gateway, `/${SERVICE}`)).toBe(1);
    const client = cluster.programs.file(program, ['call', new URL(gateway.url).host]);
    await client.ended;
    expect(client.lines).toEqual([
      'failed: 0',
      'unknown: rpc error: code = NotFound desc = unknown service',
      'watched',
      'deadline: rpc error: code = DeadlineExceeded desc = context deadline exceeded',
    ]);
  }, 60_000);
});
