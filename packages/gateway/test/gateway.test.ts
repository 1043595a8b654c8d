import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { discover } from '@rollcall/client';
import { createGateway, defaultAdminPort } from '@rollcall/gateway';
import type { Explanation, Gateway, GatewayOptions } from '@rollcall/gateway';

import { TestRegistry } from '../../../test/support/registry.ts';
import { loggerTo } from '../../../test/support/log.ts';
import { freePort } from '../../../test/support/free-port.js';

let registry: TestRegistry;
let lines: string[];
beforeEach(async () => {
  registry = await TestRegistry.start();
  lines = [];
});
afterEach(() => registry.end());

async function gateway(options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const { connection } = registry;
  const made = await createGateway({
    registry: connection,
    port: 0,
    logger: loggerTo(lines),
    ...options,
  });
  registry.onEnd(() => made.close());
  return made;
}

const say = (fields: object) =>
  registry.publish('register', { prefix: '/v1', address: '127.0.0.1', port: 1, ...fields });

async function explained({ adminUrl }: Gateway, path = '/v1'): Promise<Explanation> {
  const response = await fetch(`${adminUrl}/api/explain?path=${encodeURIComponent(path)}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Explanation;
}

async function status({ adminUrl }: Gateway) {
  const response = await fetch(`${adminUrl}/api/status`);
  return (await response.json()) as { gateway: { name: string }; peers: { name: string }[] };
}

/** The gateway logs a line like this: to something of the channel. */
const logged = (pattern: RegExp) => vi.waitFor(() => expect(lines.join('\n')).toMatch(pattern));

describe('a gateway’s probes', () => {
  it('follow its configuration', async () => {
    const sick = createServer((_request, response) => response.writeHead(500).end());
    registry.onEnd(() => sick.close());
    await once(sick.listen(0, '127.0.0.1'), 'listening');
    const { port } = sick.address() as AddressInfo;
    await gateway({ probes: { failureThreshold: 1 } });
    await say({ port });
    await logged(/instance down .* \(a probe failed: GET \/health answered 500\)/);
  });
});

describe('a gateway’s address policy', () => {
  it('accepts loopback instances on loopback, and logs refusals', async () => {
    const made = await gateway();
    await say({});
    await logged(/route registered localhost:\d+\/v1 -> http:\/\/127\.0\.0\.1:1/);
    await say({ port: 3, scheme: 'https' });
    await logged(/route registered .* -> https:\/\/127\.0\.0\.1:3/);
    await say({ address: '168.63.129.16', port: 2 });
    await logged(/refused register \(forbidden-address\): .*metadata/);
    const { instances, refused } = await explained(made);
    expect(instances).toHaveLength(2);
    expect(refused).toMatchObject([{ event: 'register', code: 'forbidden-address' }]);
  });

  it('refuses loopback instances off loopback, unless they are allowed', async () => {
    const options = { host: '0.0.0.0', domain: '*' };
    await gateway(options);
    await say({});
    await logged(/refused register \(forbidden-address\): address "127\.0\.0\.1": .*loopback/);
    lines.length = 0;
    await gateway({ ...options, allow: ['127.0.0.0/8'] });
    await say({ port: 3 });
    await logged(/route registered .* -> http:\/\/127\.0\.0\.1:3/);
  });

  it('refuses denied addresses, and accepts allowed ones', async () => {
    await gateway({ deny: ['10.1.0.0/16'], allow: ['10.0.0.0/8'] });
    await say({ address: '10.1.0.1' });
    await logged(
      /refused register \(forbidden-address\): address "10\.1\.0\.1": it is in a denied/,
    );
    await say({ address: '127.0.0.1' });
    await logged(/address "127\.0\.0\.1": it is in no allowed range/);
    await say({ address: '10.2.0.1' });
    await logged(/route registered .* -> http:\/\/10\.2\.0\.1:1/);
  });

  it.each([true, false])(
    'never accepts itself as an instance, with a port chosen by the system: %s',
    async (chosen) => {
      const port = chosen ? await freePort() : 0;
      const made = await gateway({ port, adminPort: 0, allow: ['0.0.0.0/0', '::/0'] });
      await say({ port: made.port });
      await logged(/refused register \(forbidden-address\): .*it is this gateway itself/);
      expect((await fetch(`${made.url}/v1/x`)).status).toBe(404);
    },
  );

  it('never accepts its admin API, its catalog or its broker as an instance', async () => {
    const made = await gateway({ dnsPort: 0, xdsPort: 0, adminPort: 0 });
    const { dnsPort = 0, xdsPort = 0 } = made.catalog;
    await say({ port: Number(new URL(made.adminUrl).port) });
    await logged(/refused register \(forbidden-address\): .*it is this gateway's admin API/);
    for (const port of [dnsPort, xdsPort]) {
      lines.length = 0;
      await say({ port });
      await logged(/refused register \(forbidden-address\): .*it is this gateway's catalog/);
    }
    const [{ server }] = registry.connection.brokers;
    await say({ port: 'port' in server ? server.port : 0 });
    await logged(/refused register \(forbidden-address\): .*it is the broker/);
  });

  it('never accepts itself by another of the addresses that lead to it', async () => {
    const made = await gateway({ host: '0.0.0.0', domain: '*', allow: ['127.0.0.0/8'] });
    await say({ address: '127.0.0.2', port: made.port });
    await logged(/refused register \(forbidden-address\): .*it is this gateway itself/);
    lines.length = 0;
    const [{ server }] = registry.connection.brokers;
    await say({ address: '127.0.0.2', port: 'port' in server ? server.port : 0 });
    await logged(/refused register \(forbidden-address\): .*it is the broker/);
  });

  it('never accepts itself from the table of another gateway at its start', async () => {
    const port = await freePort();
    // Another gateway, to which that place is a place like any other. It does not find out that nothing listens there yet.
    const other = await discover({
      registry: registry.connection,
      answersRollCalls: true,
      probes: 'never',
    });
    registry.onEnd(() => other.close());
    await say({ port });
    await vi.waitFor(() => expect(other.instances()).toHaveLength(1));
    const made = await gateway({ port, adminPort: 0 });
    await vi.waitFor(async () => expect((await explained(made)).refused).not.toEqual([]));
    expect((await explained(made)).prefix).toBeUndefined();
  });

  it.each([{ allow: ['10.0.0.0/33'] }, { deny: ['example.com'] }])(
    'refuses to start with %j',
    async (options) => {
      await expect(gateway(options)).rejects.toMatchObject({
        code: 'ROLLCALL_CONFIG',
        message: expect.stringMatching(/must be an address range/) as string,
      });
    },
  );
});

describe('the admin port', () => {
  it.each([
    [1500, 1501],
    [0, 0],
    [65_534, 65_535],
    [65_535, 0],
  ])('of a gateway on %d is %d', (port, expected) => {
    expect(defaultAdminPort(port)).toBe(expected);
  });

  it('is on loopback, wherever the gateway listens', async () => {
    const made = await gateway({ host: '0.0.0.0', domain: '*' });
    expect(made.adminUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('requires a long token off loopback', async () => {
    const off = { adminHost: '0.0.0.0' };
    await expect(gateway(off)).rejects.toMatchObject({ code: 'ROLLCALL_CONFIG' });
    await expect(gateway({ ...off, adminToken: 'too-short' })).rejects.toMatchObject({
      code: 'ROLLCALL_CONFIG',
      message: expect.not.stringContaining('too-short') as string,
    });
    const made = await gateway({ ...off, adminToken: 'a-token-of-enough-length' });
    const url = made.adminUrl.replace('0.0.0.0', '127.0.0.1');
    expect((await fetch(`${url}/api/status`)).status).toBe(401);
    const headers = { authorization: 'Bearer a-token-of-enough-length' };
    expect((await fetch(`${url}/api/status`, { headers })).status).toBe(200);
  });

  it('shows other gateways', async () => {
    const one = await gateway();
    const other = await gateway();
    const { name } = (await status(other)).gateway;
    await vi.waitFor(async () => expect((await status(one)).peers).toMatchObject([{ name }]));
  });

  it('in use fails the start, and leaves nothing open', async () => {
    const made = await gateway();
    const adminPort = Number(new URL(made.adminUrl).port);
    const port = await freePort();
    await expect(gateway({ port, adminPort })).rejects.toMatchObject({
      code: 'ROLLCALL_PORT_TAKEN',
      message: expect.stringMatching(/--admin-port/) as string,
    });
    // Its own port is free again.
    await gateway({ port, adminPort: 0 });
  });
});
