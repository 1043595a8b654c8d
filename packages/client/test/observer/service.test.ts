import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { discover } from '@rollcall/client';
import type { Service } from '@rollcall/client';

import { TestRegistry } from '../../../../test/support/registry.ts';
import { freePort } from '../../../../test/support/free-port.js';

let registry: TestRegistry;
beforeEach(async () => {
  registry = await TestRegistry.start();
});
afterEach(() => registry.end());

/** The instances of a prefix, and a gateway beside, so that no observer waits for one that does not exist. */
async function service(prefix = '/v1'): Promise<Service> {
  const { connection } = registry;
  const gateway = await discover({ registry: connection, answersRollCalls: true, probes: 'never' });
  registry.onEnd(() => gateway.close());
  const found = await discover(prefix, { registry: connection });
  registry.onEnd(() => found.close());
  return found;
}

const say = (port: number, fields: object = {}) =>
  registry.publish('register', { prefix: '/v1', address: '127.0.0.1', port, ...fields });

describe('a service', () => {
  it('returns undefined without instances, and ignores other prefixes', async () => {
    const found = await service();
    expect(found.pick()).toBeUndefined();
    await say(1, { prefix: '/v2' });
    await say(2, { prefix: '/v1/x' });
    await say(3);
    await vi.waitFor(() => expect(found.pick()).toBeDefined());
    expect(new Set([found.pick()?.key, found.pick()?.key])).toEqual(new Set(['/v1 127.0.0.1 3']));
  });

  it('accepts a prefix in any form, and rejects an invalid one', async () => {
    const found = await service('/v1/');
    await say(3);
    await vi.waitFor(() => expect(found.pick()?.url).toBe('http://127.0.0.1:3'));
    await expect(discover('v1', { registry: registry.connection })).rejects.toMatchObject({
      code: 'ROLLCALL_ANNOUNCEMENT',
    });
  });

  it('returns the instances that exist at its start, if another observer knows them', async () => {
    const { connection } = registry;
    const gateway = await discover({
      registry: connection,
      answersRollCalls: true,
      probes: 'never',
    });
    registry.onEnd(() => gateway.close());
    await say(3);
    await vi.waitFor(() => expect(gateway.instances()).toHaveLength(1));
    const found = await discover('/v1', { registry: connection, probes: 'never' });
    registry.onEnd(() => found.close());
    expect(found.pick()).toMatchObject({ announcement: { port: 3 }, url: 'http://127.0.0.1:3' });
  });

  it.each([
    ['http://127.0.0.1:3', {}],
    ['https://127.0.0.1:3', { scheme: 'https' }],
    ['http://[fd00::7]:3', { address: 'fd00::7' }],
  ])('returns a URL to call: %s', async (url, fields) => {
    const found = await service();
    await say(3, fields);
    await vi.waitFor(() => expect(found.pick()?.url).toBe(url));
    expect(new URL(url).port).toBe('3');
  });

  it('returns instances in proportion to their weights', async () => {
    const found = await service();
    for (const weight of [1, 2, 3]) await say(weight, { weight });
    const ports = (count: number) =>
      Array.from({ length: count }, () => found.pick()?.announcement.port ?? 0);
    await vi.waitFor(() => expect(new Set(ports(10)).size).toBe(3));
    const picked = ports(60);
    const count = (port: number) => picked.filter((each) => each === port).length;
    expect([count(1), count(2), count(3)]).toEqual([10, 20, 30]);
  });

  it('returns an instance that refused only after a successful probe', async () => {
    const port = await freePort();
    const found = await service();
    await say(port);
    await say(1);
    await vi.waitFor(() => expect(new Set([found.pick()?.key, found.pick()?.key]).size).toBe(2));
    const picks = () => Array.from({ length: 4 }, () => found.pick()?.announcement.port);
    const picked = [found.pick(), found.pick()].find((each) => each?.announcement.port === port);
    if (picked === undefined) throw new Error('it is picked every other time');
    found.reportOutcome(picked, 'refused');
    expect(picks()).not.toContain(port);

    const server = createServer((_request, response) => response.end()).listen(port, '127.0.0.1');
    registry.onEnd(() => server.close());
    await once(server, 'listening');
    expect((server.address() as AddressInfo).port).toBe(port);
    await vi.waitFor(() => expect(picks()).toContain(port));
  });

  it('returns an instance that failed once, and one that was reported ok', async () => {
    const found = await service();
    await say(1);
    await vi.waitFor(() => expect(found.pick()).toBeDefined());
    const picked = found.pick();
    if (picked === undefined) throw new Error('it was there');
    found.reportOutcome(picked, 'failed');
    expect(found.pick()?.key).toBe(picked.key);
    found.reportOutcome(picked, 'refused');
    expect(found.pick()).toBeUndefined();
    found.reportOutcome(picked, 'ok');
    expect(found.pick()?.key).toBe(picked.key);
  });
});
