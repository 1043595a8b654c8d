import type { AddressInfo } from 'node:net';
import express from 'express';
import { fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { discover } from '@rollcall/client';
import type { Service } from '@rollcall/client';
import { listen } from '@rollcall/client/express';
import { rollcall } from '@rollcall/client/fastify';
import { freePort } from '../../../../test/support/cluster.ts';
import { connectionTo } from '../../../../test/support/connection.ts';
import { deferred } from '../../../../test/support/deferred.ts';
import { TestRegistry } from '../../../../test/support/registry.ts';

let registry: TestRegistry;
let service: Service;
beforeEach(async () => {
  registry = await TestRegistry.start();
  service = await discover('/v1', { connection: registry.connection });
  registry.onEnd(() => service.close());
});
afterEach(() => registry.end());

interface Running {
  readonly port: number;
  readonly close: () => Promise<unknown>;
}

/** The same application by each framework: `/slow` is answered when `answer` is settled. */
const FRAMEWORKS: Record<string, (answer: Promise<void>, asked: () => void) => Promise<Running>> = {
  async express(answer, asked) {
    const app = express();
    app.get('/slow', (_request, response) => {
      asked();
      void answer.then(() => response.send('late'));
    });
    const { server, close } = await listen(app, {
      prefix: '/v1',
      port: 0,
      connection: registry.connection,
    });
    return { port: (server.address() as AddressInfo).port, close };
  },
  async fastify(answer, asked) {
    const app = fastify();
    app.get('/slow', async () => {
      asked();
      await answer;
      return 'late';
    });
    app.register(rollcall, { prefix: '/v1', connection: registry.connection });
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
  },
};

describe.each(Object.entries(FRAMEWORKS))('%s', (_name, start) => {
  it('is registered at the port that it has once it listens', async () => {
    const { port, close } = await start(Promise.resolve(), () => {});
    await expect.poll(() => service.pick()?.url).toBe(`http://127.0.0.1:${port}`);
    await close();
  });

  it('leaves before it closes, and answers what comes until then and what is in flight', async () => {
    const [answer, asked] = [deferred(), deferred()];
    const { port, close } = await start(answer.promise, asked.resolve);
    await expect.poll(() => service.pick()).toBeDefined();
    const slow = fetch(`http://127.0.0.1:${port}/slow`);
    await asked.promise;
    const closed = close();
    await expect.poll(() => service.pick()).toBeUndefined();
    // Observers have heard the exit; one that has not may still send.
    expect((await fetch(`http://127.0.0.1:${port}/nothing`)).status).toBe(404);
    answer.resolve();
    expect(await (await slow).text()).toBe('late');
    await closed;
    await expect(fetch(`http://127.0.0.1:${port}/nothing`)).rejects.toThrow('fetch failed');
  });
});

it('express does not listen on when it cannot be registered, and says why', async () => {
  const port = await freePort();
  const nowhere = connectionTo(await freePort());
  await expect(
    listen(express(), { prefix: '/v1', port, connection: nowhere }),
  ).rejects.toMatchObject({
    code: 'ROLLCALL_BROKER_UNREACHABLE',
  });
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
});

it('fastify serves without a broker, says so, and is registered once there is one', async () => {
  await registry.stop();
  const { connection } = registry;
  const faults: Error[] = [];
  const app = fastify();
  app.register(rollcall, { prefix: '/v1', connection, onFault: (error) => faults.push(error) });
  await app.listen({ port: 0, host: '127.0.0.1' });
  await expect.poll(() => faults[0]).toMatchObject({ code: 'ROLLCALL_BROKER_UNREACHABLE' });
  await registry.startAgain();
  await expect.poll(() => service.pick(), { timeout: 5000 }).toBeDefined();
  await app.close();
});

it('fastify does not listen with options that cannot be announced', async () => {
  const app = fastify();
  app.register(rollcall, { prefix: 'v1', connection: registry.connection });
  await expect(app.listen({ port: 0, host: '127.0.0.1' })).rejects.toMatchObject({
    code: 'ROLLCALL_ANNOUNCEMENT',
  });
});
