import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createGateway } from '@rollcall/gateway';
import type { Gateway, GatewayOptions } from '@rollcall/gateway';

import { TestRegistry } from '../../../../test/support/registry.ts';
import { freePort } from '../../../../test/support/free-port.js';

let registry: TestRegistry;
let port: number;
beforeEach(async () => {
  registry = await TestRegistry.start();
  const server = createServer((_request, response) => response.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  registry.onEnd(() => server.close());
  port = (server.address() as AddressInfo).port;
});
afterEach(() => registry.end());

async function gateway(options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const made = await createGateway({ registry: registry.connection, port: 0, ...options });
  registry.onEnd(() => made.close());
  await registry.publish('register', { prefix: '/v1', address: '127.0.0.1', port });
  return made;
}

it('is on the admin port', async () => {
  const { adminUrl, catalog } = await gateway();
  expect(catalog).toEqual({});
  const address = `127.0.0.1:${port}`;
  const text = async (path: string) => (await fetch(`${adminUrl}${path}`)).text();
  await expect.poll(() => text('/sd/prometheus')).toContain(`"${address}"`);
  expect(await text('/sd/traefik')).toContain(`"http://${address}"`);
  expect(await text('/v1/health/service/v1?passing')).toContain(`"Port":${port}`);
});

it('is in DNS if configured', async () => {
  const { catalog } = await gateway({ dnsPort: 0, dnsDomain: 'svc.example' });
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${catalog.dnsPort}`]);
  const found = () => resolver.resolveSrv('_v1._tcp.service.svc.example').catch(() => []);
  const name = `7f000001-${port}.v1.service.svc.example`;
  await expect.poll(found).toMatchObject([{ name, port, priority: 1, weight: 1 }]);
  expect(await resolver.resolve4(name)).toEqual(['127.0.0.1']);
});

it('that cannot be served fails the start, and leaves nothing open', async () => {
  const { catalog, adminUrl } = await gateway({ dnsPort: 0, xdsPort: 0 });
  const { dnsPort = 0, xdsPort = 0 } = catalog;
  const options = { registry: registry.connection, port: 0, adminPort: 0 };
  const taken = { code: 'ROLLCALL_PORT_TAKEN' };
  await expect(createGateway({ ...options, dnsPort })).rejects.toMatchObject(taken);
  const free = await freePort();
  const both = { dnsPort: free, xdsPort };
  await expect(createGateway({ ...options, ...both })).rejects.toMatchObject(taken);
  const third = await createGateway({ ...options, dnsPort: free });
  await third.close();
  expect((await fetch(`${adminUrl}/health`)).status).toBe(200);
});
