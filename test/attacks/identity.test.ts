import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { generateServiceKey, publicKeyOf, register } from '@rollcall/client';
import type { Registration } from '@rollcall/client';
import type { InstanceView } from '@rollcall/gateway';
import { TestAuthority } from '../support/authority.ts';
import type { IssuedCertificate } from '../support/authority.ts';
import { ask, Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import { ConfigFile } from '../support/config-file.ts';
import { connectionTo } from '../support/connection.ts';
import { secureInstance } from '../support/secure-instance.ts';
import type { SecureInstance } from '../support/secure-instance.ts';

const OWNER = generateServiceKey();
const ORDERS = { spiffeId: 'spiffe://example.org/orders', serverName: 'orders.internal' };

let folder: string;
let orders: IssuedCertificate;
/** Of another service of the same authority, with all names of the machine. */
let billing: IssuedCertificate;
let cluster: Cluster;
let gateway: RunningGateway;
const config = new ConfigFile();
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-attacks-'));
  const authority = new TestAuthority(folder);
  orders = authority.issue('orders', { names: [`URI:${ORDERS.spiffeId}`] });
  billing = authority.issue('billing', {
    names: ['URI:spiffe://example.org/billing', `DNS:${ORDERS.serverName}`, 'IP:127.0.0.1'],
  });
  cluster = await Cluster.start();
  gateway = await config.start(cluster, {
    instanceCa: authority.file,
    owners: { '/orders': [publicKeyOf(OWNER)] },
  });
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
afterAll(async () => {
  await cluster.end();
  config.remove();
  rmSync(folder, { recursive: true });
});

async function serve(certificate: IssuedCertificate, port?: number): Promise<SecureInstance> {
  const instance = await secureInstance(certificate, port === undefined ? {} : { port });
  closing.push(() => instance.close().catch(() => {}));
  return instance;
}

async function announce(port: number): Promise<Registration> {
  const registry = { ...connectionTo(cluster.brokerPort), serviceKey: OWNER };
  const registration = await register({
    prefix: '/orders',
    address: '127.0.0.1',
    port,
    scheme: 'https',
    tls: ORDERS,
    registry,
  });
  closing.push(() => registration.leave());
  return registration;
}

async function status(): Promise<number> {
  return (await ask(`${gateway.url}/orders/1`)).status;
}

async function announced(): Promise<InstanceView | undefined> {
  const { body } = await ask(`${gateway.adminUrl}/api/instances`);
  const { instances } = JSON.parse(body) as { instances: InstanceView[] };
  return instances.find(({ announcement }) => announcement.prefix === '/orders');
}

describe('an address that is handed on to another service with a certificate of its own', () => {
  it('receives no request of the service that had it before', async () => {
    const before = await serve(orders);
    await announce(before.port);
    await expect.poll(status).toBe(200);
    // Its process ends without a word, and still stands in the table.
    await before.close();
    const after = await serve(billing, before.port);
    await expect.poll(status).toBe(503);
    for (let request = 0; request < 20; request++) expect(await status()).toBe(503);
    await gateway.program.line(
      /instance down .*\(it does not prove who it is: expected a certificate for spiffe:\/\/example\.org\/orders/,
    );
    expect(after.requests).toEqual([]);
  });

  it('receives none by an announcement that was captured, with or without its identity', async () => {
    const before = await serve(orders);
    const registration = await announce(before.port);
    await expect.poll(status).toBe(200);
    const captured = (await announced())?.announcement ?? {};
    await registration.leave();
    await before.close();
    const after = await serve(billing, before.port);
    // As from a gateway that has forgotten the exit.
    gateway.program.kill('SIGTERM');
    await gateway.program.ended;
    gateway = await config.start(cluster, {
      instanceCa: join(folder, 'authority.pem'),
      owners: { '/orders': [publicKeyOf(OWNER)] },
    });
    const { tls: _, ...without } = captured as { tls?: unknown };
    for (const tls of [undefined, { serverName: ORDERS.serverName }])
      await cluster.publish('register', { ...without, ...(tls && { tls }) });
    await gateway.program.line(/refused \S+ \(bad-signature\)/);
    expect(await status()).toBe(404);
    await cluster.publish('register', captured);
    await expect.poll(status).toBe(503);
    expect(after.requests).toEqual([]);
  });
});
