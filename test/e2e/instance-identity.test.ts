import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { countUp, explained } from '../support/admin.ts';
import { TestAuthority } from '../support/authority.ts';
import type { IssuedCertificate, IssueOptions } from '../support/authority.ts';
import { ask, Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import { ConfigFile } from '../support/config-file.ts';
import { secureInstance } from '../support/secure-instance.ts';
import type { SecureInstance, SecureInstanceOptions } from '../support/secure-instance.ts';

const ORDERS = 'spiffe://example.org/orders';
const NAME = 'orders.internal';

let folder: string;
let authority: TestAuthority;
let other: TestAuthority;
let client: IssuedCertificate;
let good: IssuedCertificate;
let cluster: Cluster;
const config = new ConfigFile();
const instances: SecureInstance[] = [];
let prefixes = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-identity-'));
  authority = new TestAuthority(folder);
  other = new TestAuthority(folder, 'other');
  client = authority.issue('gateway');
  good = authority.issue('orders', { names: [`URI:${ORDERS}`, `DNS:${NAME}`, 'IP:127.0.0.1'] });
  cluster = await Cluster.start();
});
afterEach(async () => {
  for (const each of instances.splice(0)) await each.close();
});
afterAll(async () => {
  await cluster.end();
  config.remove();
  rmSync(folder, { recursive: true });
});

async function instance(
  certificate: IssuedCertificate,
  options?: SecureInstanceOptions,
): Promise<SecureInstance> {
  const made = await secureInstance(certificate, options);
  instances.push(made);
  return made;
}

/** Announces a server under a prefix of its own. */
async function announce({ port }: SecureInstance, fields: object = {}): Promise<string> {
  const prefix = `/p${++prefixes}`;
  const announced = { prefix, address: '127.0.0.1', port, scheme: 'https', ...fields };
  await cluster.publish('register', { id: `i${prefixes}`, inc: 1, ttl: 600, ...announced });
  return prefix;
}

/** Settings with which the gateway trusts the authority, and has a certificate. */
function settings(more: object = {}): object {
  const { cert: instanceCert, key: instanceKey } = client;
  return { instanceCa: authority.file, instanceCert, instanceKey, ...more };
}

/** What an instance sends after it has upgraded a connection. */
async function upgraded(url: string): Promise<string> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
  };
  const sent = request(url, { headers }).end();
  const [, socket, head] = (await once(sent, 'upgrade')) as [
    IncomingMessage,
    NodeJS.ReadableStream,
    Buffer,
  ];
  return String(head) + (await text(socket));
}

describe.each([1, 2])('a gateway with %d workers', (workers) => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    const versions = { mirror: { version: 'mirrored' } };
    gateway = await config.start(cluster, settings({ workers, versions }));
  });
  afterAll(async () => {
    gateway.program.kill('SIGTERM');
    await gateway.program.ended;
  });

  const body = async (path: string): Promise<string> => (await ask(`${gateway.url}${path}`)).body;

  describe.each(['https', 'h2'])('and an instance of %s', (scheme) => {
    it.each([
      ['serverName', { serverName: NAME }, `gateway ${NAME}`],
      ['spiffeId', { spiffeId: ORDERS }, 'gateway false'],
      [
        'spiffeId and a serverName',
        { spiffeId: ORDERS, serverName: 'other.name' },
        'gateway other.name',
      ],
      ['address', undefined, 'gateway false'],
    ])(
      'proves who it is to one that proves its %s, and sends it requests',
      async (_what, tls, asked) => {
        const proven = await instance(good, { clientCa: authority.pem });
        const prefix = await announce(proven, { scheme, tls });
        await expect.poll(() => body(`${prefix}/x`)).toBe(asked);
        if (scheme === 'https') await expect.poll(() => proven.requests).toContain('GET /health');
        expect(await countUp(gateway, `${prefix}/x`)).toBe(1);
      },
    );

    const wrong: [string, IssueOptions, string][] = [
      [
        'is for another SPIFFE ID',
        { names: ['URI:spiffe://example.org/billing'] },
        'is for URI:spiffe://example.org/billing',
      ],
      ['is for names only', { names: [`DNS:${NAME}`] }, `is for DNS:${NAME}`],
      ['has expired', { names: [`URI:${ORDERS}`], hasExpired: true }, 'has expired'],
    ];
    it.each(wrong)(
      'sends no byte to one whose certificate %s, and explains it',
      async (_what, issue, found) => {
        const impostor = await instance(authority.issue('impostor', issue));
        const why = `it does not prove who it is: expected a certificate for ${ORDERS}, and this one ${found}`;
        const logged = gateway.program.nextLine(
          new RegExp(`instance down .*\\(${escaped(why)}\\)`),
        );
        const prefix = await announce(impostor, { scheme, tls: { spiffeId: ORDERS } });
        await logged;
        expect((await ask(`${gateway.url}${prefix}/x`)).status).toBe(503);
        const { instances: shown } = await explained(gateway, `${prefix}/x`);
        expect(shown).toMatchObject([{ state: 'down' }]);
        expect(JSON.stringify(shown)).toContain(why);
        const { body: list } = await ask(`${gateway.adminUrl}/api/instances?prefix=${prefix}`);
        expect(JSON.parse(list)).toMatchObject({
          instances: [{ evidence: { probe: { verdict: 'unidentified', cause: why } } }],
        });
        expect(impostor.requests).toEqual([]);
      },
    );
  });

  it('sends no byte to an instance whose certificate another authority has signed', async () => {
    const names = [`DNS:${NAME}`];
    const impostor = await instance(other.issue('impostor', { names }));
    const logged = gateway.program.nextLine(/not signed by an authority that is trusted/);
    await announce(impostor, { tls: { serverName: NAME } });
    await logged;
    expect(impostor.requests).toEqual([]);
  });

  it('answers a request whose instance is an impostor as any other failure to connect, and finds it down by that', async () => {
    const impostor = await instance(authority.issue('impostor', { names: ['DNS:a.b'] }));
    // Requests come before the first probe does.
    const prefix = await announce(impostor, { tls: { spiffeId: ORDERS } });
    const statuses: number[] = [];
    await expect
      .poll(async () => {
        const { status, body: problem } = await ask(`${gateway.url}${prefix}/x`, {
          method: 'POST',
        });
        statuses.push(status);
        if (status === 502) expect(problem).toMatch(/upstream-failed.*ERR_INSTANCE_IDENTITY/s);
        return status;
      })
      .toBe(503);
    expect(impostor.requests).toEqual([]);
  });

  it('presents its certificate with calls and probes of gRPC', async () => {
    const proven = await instance(good, { clientCa: authority.pem });
    await announce(proven, {
      scheme: 'h2',
      tls: { spiffeId: ORDERS },
      health: { path: '/', method: 'GRPC' },
    });
    await expect.poll(() => proven.requests).toContain('POST /grpc.health.v1.Health/Check');
  });

  it('presents its certificate with copies of requests, and sends none to an impostor', async () => {
    const impostor = await instance(authority.issue('impostor', { names: ['DNS:a.b'] }));
    const proven = await instance(good, { clientCa: authority.pem });
    const served = await instance(good);
    const prefix = await announce(served, { version: '1', tls: { spiffeId: ORDERS } });
    for (const [id, { port }] of [
      ['m', proven],
      ['n', impostor],
    ] as const)
      await cluster.publish('register', {
        prefix,
        address: '127.0.0.1',
        port,
        scheme: 'https',
        tls: { spiffeId: ORDERS },
        id: `${id}${prefixes}`,
        inc: 1,
        ttl: 600,
        version: 'mirrored',
      });
    await expect
      .poll(async () => {
        await ask(`${gateway.url}${prefix}/copied`);
        return proven.requests;
      })
      .toContain('GET /copied');
    const why = new RegExp(`instance down .*:${impostor.port} \\(it does not prove who it is`);
    await gateway.program.line(why);
    expect(impostor.requests).toEqual([]);
  });

  it('presents its certificate on upgraded connections', async () => {
    const proven = await instance(good, { clientCa: authority.pem, upgrades: true });
    const prefix = await announce(proven, { tls: { serverName: NAME } });
    await expect.poll(() => countUp(gateway, prefix)).toBe(1);
    expect(await upgraded(`${gateway.url}${prefix}/up`)).toBe(`gateway ${NAME}`);
  });

  it('explains an instance that refuses its certificate', async () => {
    const strict = await instance(good, { clientCa: other.pem });
    const prefix = await announce(strict, { tls: { serverName: NAME } });
    // Node's server ends the connection without an alert.
    await gateway.program.line(
      new RegExp(`instance down .*${prefix} .*GET /health failed with ECONNRESET`),
    );
    expect(strict.requests).toEqual([]);
  });
});

function escaped(text: string): string {
  return text.replaceAll(/[.()/]/g, String.raw`\$&`);
}

describe('a gateway', () => {
  const gateways: RunningGateway[] = [];
  const started = async (more: object): Promise<RunningGateway> => {
    const gateway = await config.start(cluster, settings(more));
    gateways.push(gateway);
    return gateway;
  };
  afterEach(async () => {
    for (const { program } of gateways.splice(0)) {
      program.kill('SIGTERM');
      await program.ended;
    }
  });

  it.each([1, 2])(
    'checks configured upstreams by what its configuration names, with %d workers',
    async (workers) => {
      const proven = await instance(good, { clientCa: authority.pem });
      const upstreams = [`https://127.0.0.1:${proven.port}`];
      const gateway = await started({
        workers,
        routes: {
          '/named': { upstreams, upstreamTls: { serverName: NAME } },
          '/id': { upstreams, upstreamTls: { spiffeId: ORDERS } },
          '/wrong': { upstreams, upstreamTls: { spiffeId: `${ORDERS}/2` } },
        },
      });
      const answer = async (path: string): Promise<string> =>
        (await ask(`${gateway.url}${path}`)).body;
      expect(await answer('/named')).toBe(`gateway ${NAME}`);
      expect(await answer('/id')).toBe('gateway false');
      expect(await answer('/wrong')).toMatch(/ERR_INSTANCE_IDENTITY|no-instance/);
      // The same address, on connections that are open: each identity has its own.
      expect(await answer('/named')).toBe(`gateway ${NAME}`);
    },
  );

  it.each([1, 2])(
    'presents a changed certificate, and trusts a changed authority, without a restart, with %d workers',
    async (workers) => {
      const files = {
        instanceCa: join(folder, `ca-${workers}.pem`),
        instanceCert: join(folder, `client-${workers}.pem`),
        instanceKey: join(folder, `client-${workers}-key.pem`),
      };
      const put = (ca: TestAuthority, { cert, key }: IssuedCertificate): void => {
        copyFileSync(ca.file, files.instanceCa);
        copyFileSync(cert, files.instanceCert);
        copyFileSync(key, files.instanceKey);
      };
      put(authority, client);
      const gateway = await started({ ...files, workers });
      const proven = await instance(good);
      const strict = await instance(good, { clientCa: authority.pem });
      const path = await announce(strict, { tls: { serverName: NAME } });
      const answer = async (to: string): Promise<string> => (await ask(`${gateway.url}${to}`)).body;
      await expect.poll(() => answer(path)).toBe(`gateway ${NAME}`);

      put(authority, authority.issue('renewed'));
      await expect.poll(() => answer(path), { timeout: 10_000 }).toBe(`renewed ${NAME}`);

      put(other, client);
      const trusted = await announce(proven, { tls: { serverName: NAME } });
      await gateway.program.line(
        new RegExp(`instance down .*${trusted} .*not signed by an authority`),
      );
      await expect.poll(() => answer(path), { timeout: 10_000 }).not.toContain('gateway');
    },
  );

  it.each([
    [{ instanceKey: undefined }, '`instanceKey` is missing: `instanceCert` goes with it'],
    [{ instanceCert: undefined }, '`instanceCert` is missing: `instanceKey` goes with it'],
    [{ instanceKey: '/nowhere.pem' }, 'cannot read /nowhere.pem (ENOENT)'],
  ])('does not start with %j', async (change, reason) => {
    await expect(config.start(cluster, settings(change))).rejects.toThrow(reason);
  });
});
