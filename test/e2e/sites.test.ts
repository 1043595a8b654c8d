import { once } from 'node:events';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FILES, ONE, TWO } from '../support/certificates.ts';
import { Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import { ConfigFile, curl } from '../support/config-file.ts';
import { httpServer } from '../support/http-server.ts';

let config: ConfigFile;
let cluster: Cluster;
let servers: { close(): unknown }[];
beforeEach(async () => {
  servers = [];
  config = new ConfigFile();
  cluster = await Cluster.start();
});
afterEach(async () => {
  for (const server of servers) server.close();
  await cluster.end();
  config.remove();
});

/** A server that responds with its name, and fails health checks if it is called `sick`. */
async function upstream(name: string): Promise<number> {
  const server = await httpServer((request, response) => {
    response.statusCode = name === 'sick' && request.url === '/up' ? 500 : 200;
    response.end(`${name} ${request.url}`);
  });
  servers.push(server);
  return server.port;
}

/** A server with a certificate for localhost and 127.0.0.1. */
async function secureUpstream(name: string, certificate: typeof ONE): Promise<number> {
  const server = createSecureServer(certificate, (request, response) =>
    response.end(`${name} ${request.url}`),
  );
  servers.push({ close: () => server.close().closeAllConnections() });
  await once(server.listen(0), 'listening');
  return (server.address() as AddressInfo).port;
}

async function api<T>({ adminUrl }: RunningGateway, path: string): Promise<T> {
  const response = await fetch(`${adminUrl}${path}`);
  return (await response.json()) as T;
}

interface Listed {
  readonly instances: readonly { readonly state: string; readonly configuredAs?: string }[];
}

describe.each([1, 2])('a gateway with %d workers', (workers) => {
  it('serves hosts, names and cases, and changes them without a restart', async () => {
    const [one, two] = [await upstream('one'), await upstream('two')];
    const routes = {
      'a.example.com/': { upstreams: [`http://127.0.0.1:${one}`] },
      '*.example.com/': { upstreams: [`http://localhost:${two}`] },
    };
    const gateway = await config.start(cluster, { workers, routes });
    for (let time = 0; time < 8; time++) {
      expect(await curl(gateway, 'a.example.com', '/x')).toBe('one /x');
      expect(await curl(gateway, 'b.example.com', '/x')).toBe('two /x');
      expect(await curl(gateway, 'example.com', '/x')).toContain('unknown-host');
    }
    const changed = {
      'a.example.com/': {
        upstreams: [`http://127.0.0.1:${two}`],
        cases: [{ when: { methods: ['POST'] }, upstreams: [`http://127.0.0.1:${one}`] }],
      },
    };
    await config.reload(gateway, { workers, routes: changed });
    await expect.poll(() => curl(gateway, 'b.example.com', '/x')).toContain('unknown-host');
    for (let time = 0; time < 8; time++) {
      expect(await curl(gateway, 'a.example.com', '/x')).toBe('two /x');
      expect(await curl(gateway, 'a.example.com', '/x', '-X', 'POST')).toBe('one /x');
    }
    await expect
      .poll(async () => (await fetch(`${gateway.adminUrl}/metrics`)).text())
      .toMatch(/requests_total\{route="a.example.com\/",status="2xx"\} 24/);
  });

  it('probes upstreams, and sends nothing to one that is down', async () => {
    const [well, sick] = [await upstream('well'), await upstream('sick')];
    const upstreams = [`http://127.0.0.1:${well}`, `http://127.0.0.1:${sick}`];
    const probes = { intervalMs: 100, requestIntervalMs: 100 };
    const route = { upstreams, health: '/up' };
    const gateway = await config.start(cluster, {
      workers,
      probes,
      routes: { 'a.example.com/': route },
    });
    const states = async (): Promise<string[]> => {
      const { instances } = await api<Listed>(gateway, '/api/instances');
      return instances.map(({ configuredAs, state }) => `${configuredAs} ${state}`);
    };
    await expect
      .poll(states, { timeout: 20_000 })
      .toEqual([`${upstreams[0]} healthy`, `${upstreams[1]} down`]);
    for (let time = 0; time < 8; time++)
      expect(await curl(gateway, 'a.example.com', '/x')).toBe('well /x');
  });
});

describe('upstreams of a gateway', () => {
  it('are verified by their name if they are https', async () => {
    const [known, unknown] = [
      await secureUpstream('known', ONE),
      await secureUpstream('unknown', TWO),
    ];
    const routes = {
      'name.example.com/': { upstreams: [`https://localhost:${known}`] },
      'address.example.com/': { upstreams: [`https://127.0.0.1:${known}`] },
      'unknown.example.com/': { upstreams: [`https://localhost:${unknown}`] },
    };
    const gateway = await config.start(
      cluster,
      { routes },
      { NODE_EXTRA_CA_CERTS: FILES.one.cert },
    );
    expect(await curl(gateway, 'name.example.com', '/x')).toBe('known /x');
    expect(await curl(gateway, 'address.example.com', '/x')).toBe('known /x');
    const problem = await curl(gateway, 'unknown.example.com', '/x');
    // Its probes may have failed by now, too.
    expect([502, 503]).toContain((JSON.parse(problem) as { status: number }).status);
  });

  it('get the Host of the client, their own or a fixed one, and the name of their URL by TLS', async () => {
    const server = createSecureServer(ONE, ({ headers, socket }, response) => {
      const { servername } = socket as TLSSocket;
      response.end([headers.host, headers['x-forwarded-host'], servername].join(' '));
    });
    servers.push({ close: () => server.close().closeAllConnections() });
    await once(server.listen(0), 'listening');
    const { port } = server.address() as AddressInfo;
    const upstreams = [`https://localhost:${port}`];
    const gateway = await config.start(
      cluster,
      {
        hostHeader: 'all.example.net',
        routes: {
          'client.example.com/': { upstreams, hostHeader: 'client' },
          'own.example.com/': { upstreams, hostHeader: 'upstream' },
          'all.example.com/': { upstreams },
        },
      },
      { NODE_EXTRA_CA_CERTS: FILES.one.cert },
    );
    const hosts = ['client.example.com', `localhost:${port}`, 'all.example.net'];
    for (const [index, name] of ['client', 'own', 'all'].entries())
      expect(await curl(gateway, `${name}.example.com`, '/x')).toBe(
        `${hosts[index]} ${name}.example.com localhost`,
      );
  });

  it('are not learned by other gateways', async () => {
    const port = await upstream('one');
    await config.start(cluster, {
      routes: { 'a.example.com/': { upstreams: [`http://127.0.0.1:${port}`] } },
    });
    const other = await cluster.gateway(['--snapshot', 'none']);
    await cluster.publish('register', { prefix: '/v1', address: '127.0.0.1', port });
    await other.program.line(/route registered .*\/v1/);
    const { instances } = await api<Listed>(other, '/api/instances');
    expect(instances).toHaveLength(1);
    expect(instances[0]).not.toHaveProperty('configuredAs');
  });

  it('are not in the catalog that other proxies read', async () => {
    const port = await upstream('one');
    const routes = { 'a.example.com/': { upstreams: [`http://127.0.0.1:${port}`] } };
    const gateway = await config.start(cluster, { routes });
    expect(await api(gateway, '/sd/prometheus')).toEqual([]);
    expect(await api(gateway, '/v1/catalog/services')).not.toHaveProperty('a-example-com');
  });
});
