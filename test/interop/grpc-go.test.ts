import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { countUp } from '../support/admin.ts';
import { hasGo } from '../support/available.ts';
import { Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import { freePort } from '../support/free-port.js';
import type { RunningProgram } from '../support/processes.ts';

const SOURCES = fileURLToPath(new URL('go-grpc/', import.meta.url));
const GRPCURL = 'github.com/fullstorydev/grpcurl/cmd/grpcurl';
const folder = mkdtempSync(join(tmpdir(), 'grpc-go-'));
const program = join(folder, 'go-grpc');
const grpcurl = join(folder, 'grpcurl');
const SERVICE = 'grpc.health.v1.Health';

async function build(output: string, source: string): Promise<void> {
  const go = spawn('go', ['build', '-o', output, source], { cwd: SOURCES, stdio: 'inherit' });
  expect(await once(go, 'close')).toEqual([0, null]);
}

/** Without Go it is skipped: grpc-go and grpcurl come by the module proxy. */
describe.runIf(hasGo)('a server of grpc-go', () => {
  let cluster: Cluster;
  let gateway: RunningGateway;
  let server: RunningProgram;
  beforeAll(async () => {
    await build(program, '.');
    await build(grpcurl, GRPCURL);
    cluster = await Cluster.start();
    gateway = await cluster.gateway();
    const port = String(await freePort());
    const announced = ['--prefix', `/${SERVICE}`, '--port', port, '--scheme', 'h2c', '--no-strip'];
    const command = ['run', ...announced, '--health', 'grpc:a', '--', program, 'serve', port];
    const routed = gateway.program.line(/route registered/);
    server = cluster.cli(command);
    await routed;
    await vi.waitFor(async () => expect(await countUp(gateway, `/${SERVICE}`)).toBe(1));
  }, 300_000);
  afterAll(async () => {
    // In order, so that the server ends with it.
    server.kill('SIGTERM');
    await server.ended;
    await cluster.end();
    rmSync(folder, { recursive: true });
  });

  it('meets its client at the gateway: more calls at once than a connection takes, a stream, a deadline, a status', async () => {
    const client = cluster.programs.file(program, ['call', new URL(gateway.url).host]);
    await client.ended;
    expect(client.lines).toEqual([
      'failed: 0',
      'unknown: rpc error: code = NotFound desc = unknown service',
      'watched',
      // The server has the deadline too, and either of them may end the call.
      expect.stringMatching(
        /^deadline: rpc error: code = (?:DeadlineExceeded desc = context deadline exceeded|Canceled desc = Stream has ended\.)$/,
      ),
    ]);
  }, 60_000);

  it.each([
    ['a', 0, ['{', '  "status": "SERVING"', '}']],
    ['unknown', 64 + 5, ['ERROR:', '  Code: NotFound', '  Message: unknown service']],
  ])('answers grpcurl that asks for %s', async (service, code, lines) => {
    const proto = ['-plaintext', '-import-path', SOURCES, '-proto', 'health.proto'];
    const data = ['-d', JSON.stringify({ service })];
    const place = [new URL(gateway.url).host, `${SERVICE}/Check`];
    const client = cluster.programs.file(grpcurl, [...proto, ...data, ...place]);
    const { code: ended } = await client.ended;
    expect(client.lines).toEqual(lines);
    expect(ended).toBe(code);
  });
});
