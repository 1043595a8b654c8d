import { randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, Cluster } from '../support/cluster.ts';
import type { Answer, RunningGateway } from '../support/cluster.ts';
import { hasGo } from '../support/available.ts';
import { buildPebble, Pebble } from '../support/pebble.ts';
import type { PebbleOptions } from '../support/pebble.ts';

const NAME = 'api.example.com';
/** Half of all nonces are rejected, and validation takes up to two seconds. */
const FAULTS = { PEBBLE_WFE_NONCEREJECT: '50', PEBBLE_VA_SLEEPTIME: '2' };

let cluster: Cluster;
const folders: string[] = [];
const servers: Pebble[] = [];

beforeAll(async () => {
  cluster = await Cluster.start();
  await cluster.idV5('v1');
  if (hasGo) buildPebble();
}, 600_000);
afterAll(async () => {
  await cluster.end();
  for (const server of servers) await server.end();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-certificates-'));
  folders.push(folder);
  return folder;
}

async function pebble(options: PebbleOptions = {}): Promise<Pebble> {
  const server = await Pebble.start({ faults: FAULTS, ...options });
  servers.push(server);
  return server;
}

interface GatewayOptions {
  readonly host?: string;
  readonly name?: string;
  readonly folder?: string;
  /** The port of plain HTTP. Default: none. */
  readonly httpPort?: number;
  readonly args?: readonly string[];
}

/** A gateway that orders a certificate for {@link NAME}. */
function gatewayOf(
  { directory, ca, tlsPort }: Pebble,
  {
    host = '127.0.0.1',
    name = NAME,
    folder = newFolder(),
    httpPort,
    args = [],
  }: GatewayOptions = {},
): Promise<RunningGateway> {
  const settings = {
    '--port': String(tlsPort),
    '--host': host,
    '--admin-port': '0',
    '--domain': name,
    '--acme-email': 'ops@example.com',
    '--acme-directory': directory,
    ...(httpPort !== undefined && { '--http-port': String(httpPort) }),
  };
  return cluster.gateway([
    ...Object.entries(settings).flat(),
    ...[`directoryCa=${ca}`, `folder=${folder}`].flatMap((each) => ['--set', `tls.acme.${each}`]),
    ...args,
  ]);
}

/** The certificate that clients see, verified by this root. */
async function shownAt(port: number, ca: string, host = '127.0.0.1'): Promise<X509Certificate> {
  const socket = connect({ port, host, servername: NAME, ca });
  await once(socket, 'secureConnect');
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return new X509Certificate(raw);
}

async function askSecurely(port: number, ca: string, path: string): Promise<Answer> {
  const options = { port, host: '127.0.0.1', servername: NAME, ca, path, agent: false };
  const sent = request({ ...options, headers: { host: NAME } }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const { statusCode = 0, headers } = response;
  return { status: statusCode, headers, body: await text(response) };
}

describe.skipIf(!hasGo)('a gateway with ACME', { timeout: 120_000 }, () => {
  it('orders a certificate by HTTP-01, and redirects plain HTTP', async () => {
    const server = await pebble();
    const folder = newFolder();
    const { httpPort, tlsPort } = server;
    const { program } = await gatewayOf(server, { folder, httpPort, args: ['--workers', '2'] });
    await program.line(/ordering certificate name=api\.example\.com challenge=http-01/);
    await program.line(/ordered certificate name=api\.example\.com/);
    const root = await server.root();
    await expect
      .poll(() => shownAt(tlsPort, root).then(({ subjectAltName }) => subjectAltName))
      .toBe(`DNS:${NAME}`);
    expect((await askSecurely(tlsPort, root, '/nowhere')).status).toBe(404);
    const plain = await ask(`http://127.0.0.1:${httpPort}/v1/x?y=1`, { headers: { host: NAME } });
    expect(plain.status).toBe(308);
    expect(plain.headers.location).toBe(`https://${NAME}:${tlsPort}/v1/x?y=1`);
  });

  it('orders one by TLS-ALPN-01 without a port for plain HTTP, and keeps it for the next start', async () => {
    const server = await pebble();
    const folder = newFolder();
    const first = await gatewayOf(server, { folder });
    await first.program.line(/ordering certificate name=api\.example\.com challenge=tls-alpn-01/);
    await first.program.line(/ordered certificate/);
    const root = await server.root();
    const { fingerprint256 } = await shownAt(server.tlsPort, root);
    const kept = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.pem'),
    );
    expect(kept).toHaveLength(2);
    for (const file of kept) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    first.program.kill('SIGTERM');
    await first.program.ended;

    const second = await gatewayOf(server, { folder });
    expect((await shownAt(server.tlsPort, root)).fingerprint256).toBe(fingerprint256);
    expect(second.program.output).not.toContain('ordering certificate');
  });
});

describe.skipIf(!hasGo)(
  'a certificate authority with accounts of its own',
  { timeout: 120_000 },
  () => {
    const eab = { 'kid-1': 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W' };
    const faults = { PEBBLE_VA_NOSLEEP: '1' };

    it('issues to a gateway with an external account binding', async () => {
      const server = await pebble({ eab, faults });
      const hmacKey = join(newFolder(), 'eab-hmac-key');
      writeFileSync(hmacKey, `${eab['kid-1']}\n`);
      const settings = ['eab.keyId=kid-1', `eab.hmacKeyFile=${hmacKey}`];
      const args = settings.flatMap((each) => ['--set', `tls.acme.${each}`]);
      const { program } = await gatewayOf(server, { httpPort: server.httpPort, args });
      await program.line(/ordered certificate/);
    });

    it('refuses one without, which says so in its log, status and readiness', async () => {
      const server = await pebble({ eab, faults });
      const { program, adminUrl } = await gatewayOf(server, { httpPort: server.httpPort });
      await program.line(/cannot order certificate: .*externalAccountRequired/);
      const { body } = await ask(`${adminUrl}/api/status`);
      expect(JSON.parse(body)).toMatchObject({
        certificates: [
          {
            names: [NAME],
            source: 'acme',
            failures: 1,
            reason: expect.stringContaining('externalAccountRequired') as string,
          },
        ],
      });
      expect((await ask(`${adminUrl}/ready`)).body).toContain(`no valid certificate for ${NAME}`);
    });
  },
);

describe.skipIf(!hasGo)('several gateways with a share key', { timeout: 120_000 }, () => {
  it('order one certificate, and answer the challenges of each other', async () => {
    const server = await pebble({
      faults: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' },
    });
    const { httpPort, tlsPort } = server;
    const key = join(newFolder(), 'share-key');
    writeFileSync(key, randomBytes(32).toString('base64'));
    // The validator reaches a gateway that does not order this name.
    await server.resolve(NAME, '127.0.0.4');
    await server.resolve('other.example.com', '127.0.0.4');
    const args = ['--acme-share-key-file', key];
    const other = await gatewayOf(server, {
      host: '127.0.0.4',
      name: 'other.example.com',
      httpPort,
      args,
    });
    await other.program.line(/ordered certificate name=other\.example\.com/);
    const hosts = ['127.0.0.2', '127.0.0.3'];
    const gateways = await Promise.all(
      hosts.map((host) => gatewayOf(server, { host, httpPort, args })),
    );
    await Promise.all(
      gateways.map(({ program }) =>
        program.line(/(ordered certificate|received certificate from another gateway) name=api/),
      ),
    );
    const root = await server.root();
    const shown = await Promise.all(hosts.map((host) => shownAt(tlsPort, root, host)));
    expect(shown[0]?.fingerprint256).toBe(shown[1]?.fingerprint256);
    // One for each name.
    expect(server.issued).toBe(2);
  });
});
