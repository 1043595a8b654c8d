import type { AddressInfo } from 'node:net';
import express from 'express';
import { fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { discover } from '@rollcall/client';
import type { RegistryConfig, Service } from '@rollcall/client';
import { listen } from '@rollcall/client/express';
import { rollcall } from '@rollcall/client/fastify';
import { silentLogger } from '@rollcall/runtime';

import { TestRegistry } from '../../../../test/support/registry.ts';

let one: TestRegistry;
let two: TestRegistry;
let both: RegistryConfig;
beforeEach(async () => {
  [one, two] = await Promise.all([TestRegistry.start(), TestRegistry.start()]);
  both = {
    ...one.connection,
    brokers: [one.connection.brokers[0], two.connection.brokers[0]],
  };
});
afterEach(async () => {
  await one.end();
  await two.end();
});

interface Running {
  readonly port: number;
  readonly close: () => Promise<unknown>;
}

async function startExpress(requireBroker = false): Promise<Running> {
  const { server, close } = await listen(express(), {
    prefix: '/v1',
    port: 0,
    registry: both,
    logger: silentLogger,
    requireBroker,
  });
  return { port: (server.address() as AddressInfo).port, close };
}

async function startFastify(requireBroker = false): Promise<Running> {
  const app = fastify();
  app.register(rollcall, { prefix: '/v1', registry: both, logger: silentLogger, requireBroker });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
}

async function service(registry: RegistryConfig): Promise<Service> {
  const found = await discover('/v1', { registry, logger: silentLogger });
  one.onEnd(() => found.close());
  return found;
}

describe.each([
  ['express', startExpress],
  ['fastify', startFastify],
] as const)('%s', (_name, start) => {
  it('is found at each broker, and has left each once it is closed', async () => {
    const services = await Promise.all([one.connection, two.connection, both].map(service));
    const { port, close } = await start();
    for (const each of services)
      await expect.poll(() => each.pick()?.url).toBe(`http://127.0.0.1:${port}`);
    await close();
    for (const each of services) await expect.poll(() => each.pick()).toBeUndefined();
  });

  it('serves, leaves and closes while one broker is away', async () => {
    const found = await service(both);
    await one.stop();
    const { port, close } = await start(true);
    await expect.poll(() => found.pick()?.url).toBe(`http://127.0.0.1:${port}`);
    await close();
    await expect.poll(() => found.pick()).toBeUndefined();
    await one.startAgain();
  });

  it('does not serve if it requires a broker and all are away', async () => {
    await Promise.all([one.stop(), two.stop()]);
    await expect(start(true)).rejects.toMatchObject({ code: 'ROLLCALL_BROKER_UNREACHABLE' });
    await Promise.all([one.startAgain(), two.startAgain()]);
  });
});

describe('discover() of a prefix', () => {
  it('finds at its start what only the second broker knows, though the first one is away', async () => {
    const { port, close } = await startExpress();
    await one.stop();
    const found = await service(both);
    expect(found.pick()?.url).toBe(`http://127.0.0.1:${port}`);
    await one.startAgain();
    await close();
  });

  it('goes on by the other broker when one is lost', async () => {
    const found = await service(both);
    await two.stop();
    const { port, close } = await startExpress();
    await expect.poll(() => found.pick()?.url).toBe(`http://127.0.0.1:${port}`);
    await two.startAgain();
    await close();
  });
});
