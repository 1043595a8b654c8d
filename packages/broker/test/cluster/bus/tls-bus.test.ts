import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as tls from 'node:tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasGo, hasRedis } from '../../../../../test/support/available.ts';
import { FILES } from '../../../../../test/support/certificates.ts';
import { freePort } from '../../../../../test/support/free-port.js';
import { Programs } from '../../../../../test/support/processes.ts';
import { Node } from './conformance/fixture.ts';
import { buildNats, MAX_BUILD_MS, NatsServer } from './nats-servers.ts';
import { openBusAt } from './open-bus-at.ts';
import { RedisServer } from './redis-servers.ts';

// As if the certificate of the tests were one of the system's.
vi.mock('node:tls', async (original) => {
  const { connect, ...rest } = await original<typeof tls>();
  const { ONE } = await import('../../../../../test/support/certificates.ts');
  return { ...rest, connect: (options: object) => connect({ ...options, ca: ONE.cert }) };
});

type Certificate = (typeof FILES)['one'];

let programs: Programs;
let folder: string;
let node: Node;
let redis: RedisServer | undefined;
beforeEach(() => {
  programs = new Programs();
  folder = mkdtempSync(join(tmpdir(), 'rollcall-tls-'));
});
afterEach(async () => {
  await node.bus.close();
  await programs.endAll();
  redis?.remove();
  rmSync(folder, { recursive: true });
});

const opening = (url: string) => Node.opening({ open: (handlers) => openBusAt(url, handlers) });

async function startNats({ cert, key }: Certificate): Promise<number> {
  const config = `tls { cert_file: "${cert}", key_file: "${key}" }`;
  const { port } = await NatsServer.startWith(programs, folder, config);
  return port;
}

describe.skipIf(!hasRedis)('a bus by Redis and TLS', () => {
  describeTls('rediss', async ({ cert, key }) => {
    const port = await freePort();
    const tls = ['--tls-port', String(port), '--tls-auth-clients', 'no'];
    const files = ['--tls-cert-file', cert, '--tls-key-file', key];
    redis = await RedisServer.start(programs, ...tls, ...files);
    return port;
  });
});

describe.skipIf(!hasGo)('a bus by NATS and TLS', () => {
  beforeAll(() => buildNats(), MAX_BUILD_MS);
  describeTls('tls', startNats);

  it('says so if the server requires TLS', async () => {
    node = await opening(`nats://127.0.0.1:${await startNats(FILES.one)}`);
    await node.isDown();
    expect(node.reasons).toContain('it requires tls://');
  });
});

/** @param start starts a server with a certificate, and returns its port */
function describeTls(scheme: string, start: (certificate: Certificate) => Promise<number>): void {
  it.each(['127.0.0.1', 'localhost'])('carries messages of any length to %s', async (host) => {
    node = await opening(`${scheme}://${host}:${await start(FILES.one)}`);
    await node.bus.listen('a');
    const messages = ['x', 'y'.repeat(2 ** 20)];
    await Promise.all(messages.map((message) => node.bus.publish('a', message)));
    await node.received('a', messages);
  });

  it('does not trust a server with another certificate', async () => {
    node = await opening(`${scheme}://127.0.0.1:${await start(FILES.two)}`);
    await node.isDown();
    expect(node.reasons).toMatch(/self-signed certificate/);
  });

  it('reports a server that cannot be reached', async () => {
    node = await opening(`${scheme}://127.0.0.1:${await freePort()}`);
    await node.isDown();
    expect(node.reasons).toContain('ECONNREFUSED');
  });
}
