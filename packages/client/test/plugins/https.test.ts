import type { AddressInfo } from 'node:net';
import express from 'express';
import { fastify } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { discover } from '@rollcall/client';
import type { Service } from '@rollcall/client';
import { listen } from '@rollcall/client/express';
import { rollcall } from '@rollcall/client/fastify';
import { ONE } from '../../../../test/support/certificates.ts';
import { TestRegistry } from '../../../../test/support/registry.ts';

let registry: TestRegistry;
let service: Service;
beforeEach(async () => {
  registry = await TestRegistry.start();
  service = await discover('/v1', { registry: registry.connection });
  registry.onEnd(() => service.close());
});
afterEach(() => registry.end());

it('registers a Fastify application with its own certificate as https', async () => {
  const app = fastify({ https: ONE });
  app.register(rollcall, { prefix: '/v1', registry: registry.connection });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  await expect.poll(() => service.pick()?.url).toBe(`https://127.0.0.1:${port}`);
  await app.close();
});

it('registers an Express application with its own certificate as https', async () => {
  const options = { prefix: '/v1', port: 0, https: ONE, registry: registry.connection };
  const { server, close } = await listen(express(), options);
  const { port } = server.address() as AddressInfo;
  await expect.poll(() => service.pick()?.url).toBe(`https://127.0.0.1:${port}`);
  await close();
});
