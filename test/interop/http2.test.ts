import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasGo } from '../support/available.ts';
import { FILES } from '../support/certificates.ts';
import { Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import { Scratch } from '../support/document.ts';

const run = promisify(execFile);
const scratch = new Scratch();
afterAll(() => scratch.clear());

let cluster: Cluster;
const cleanups: (() => unknown)[] = [];
beforeEach(async () => void (cluster = await Cluster.start()));
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
  await cluster.end();
});

/** An instance of /v1 that sends bodies back, and a gateway in front of it. */
async function echoing(args: string[]): Promise<RunningGateway> {
  const server = createServer((request, response) => void request.pipe(response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  cleanups.push(() => server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const gateway = await cluster.gateway(args);
  await cluster.publish('register', { prefix: '/v1', address: '127.0.0.1', port });
  await gateway.program.line(/route registered/);
  return gateway;
}

function session(url: string): ClientHttp2Session {
  const made = connect(url, { rejectUnauthorized: false });
  made.on('error', () => {});
  cleanups.push(() => made.destroy());
  return made;
}

async function echo(client: ClientHttp2Session, body: string): Promise<string> {
  const request = client.request({
    ':method': 'POST',
    ':path': '/v1/x',
    ':authority': 'localhost',
  });
  request.end(body);
  return text(request);
}

const tls = ['--tls-cert', FILES.one.cert, '--tls-key', FILES.one.key];

describe.each([
  ['with prior knowledge', []],
  ['over TLS', tls],
])('a gateway that is reached by HTTP/2 %s', (_what, args) => {
  it.runIf(hasGo)(
    'serves Go’s client, many requests on one connection',
    { timeout: 120_000 },
    async () => {
      const { url } = await echoing(args);
      const program = scratch.file('go-http2', '');
      const cwd = fileURLToPath(new URL('go-http2/', import.meta.url));
      await run('go', ['build', '-o', program, '.'], { cwd });
      const { stdout } = await run(program, [
        `${url.replace('127.0.0.1', 'localhost')}/v1/x`,
        '100',
      ]);
      expect(stdout).toBe('ok 1\n');
    },
  );

  it('serves it from each worker, and counts its requests', async () => {
    const { url, adminUrl } = await echoing(['--workers', '2', ...args]);
    for (let count = 0; count < 16; count++)
      expect(await echo(session(url), `${count}`)).toBe(`${count}`);
    await vi.waitFor(
      async () => {
        const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
        expect(metrics).toContain('rollcall_gateway_requests_by_version_total{version="2"} 16');
      },
      { timeout: 5000 },
    );
  });

  it('answers what is on its way when it stops', async () => {
    const { url, program } = await echoing(args);
    const client = session(url);
    await echo(client, 'first');
    const request = client.request({
      ':method': 'POST',
      ':path': '/v1/x',
      ':authority': 'localhost',
    });
    request.write('begun');
    const [head] = await once(request, 'response');
    expect(head).toMatchObject({ ':status': 200 });
    const told = once(client, 'goaway');
    process.kill(program.pid, 'SIGTERM');
    await told;
    request.end(' and ended');
    expect(await text(request)).toBe('begun and ended');
    await once(client, 'close');
  });
});
