import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import express from 'express';
import { fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { discover } from '@rollcall/client';
import type { Service } from '@rollcall/client';
import { listen } from '@rollcall/client/express';
import { rollcall } from '@rollcall/client/fastify';

import { ONE } from '../../../../test/support/certificates.ts';
import { connectionTo } from '../../../../test/support/connection.ts';
import { deferred } from '../../../../test/support/deferred.ts';
import { TestRegistry } from '../../../../test/support/registry.ts';
import { loggerOfFaults } from '../../../../test/support/log.ts';
import { freePort } from '../../../../test/support/free-port.js';

let registry: TestRegistry;
let service: Service;
beforeEach(async () => {
  registry = await TestRegistry.start();
  service = await discover('/v1', { registry: registry.connection });
  registry.onEnd(() => service.close());
});
afterEach(() => registry.end());

interface Running {
  readonly port: number;
  readonly close: () => Promise<unknown>;
}

type Start = (answer: Promise<void>, asked: () => void, host?: string) => Promise<Running>;

/** The same application by each framework: `/slow` is answered when `answer` is settled. */
const FRAMEWORKS: Record<string, Start> = {
  async express(answer, asked, listenOn = '127.0.0.1') {
    const app = express();
    app.get('/slow', (_request, response) => {
      asked();
      void answer.then(() => response.send('late'));
    });
    const { server, close } = await listen(app, {
      prefix: '/v1',
      port: 0,
      listenOn,
      registry: registry.connection,
    });
    return { port: (server.address() as AddressInfo).port, close };
  },
  async fastify(answer, asked, host = '127.0.0.1') {
    const app = fastify();
    app.get('/slow', async () => {
      asked();
      await answer;
      return 'late';
    });
    app.register(rollcall, { prefix: '/v1', registry: registry.connection });
    await app.listen({ port: 0, host });
    return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
  },
};

const atOnce = (start: Start, host?: string): Promise<Running> =>
  start(Promise.resolve(), () => {}, host);

/** A connection that sends a request only when the test does. */
async function silent(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  registry.onEnd(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Asks one request after the other on one connection until the test ends it. */
async function askUntilLetGo(port: number, answered: () => void): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  registry.onEnd(() => agent.destroy());
  const statuses: number[] = [];
  for (;;) {
    const sent = request({ host: '127.0.0.1', port, agent, path: '/slow' }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    await text(response);
    statuses.push(response.statusCode ?? 0);
    if (response.headers.connection === 'close') return statuses;
    answered();
  }
}

describe.each(Object.entries(FRAMEWORKS))('%s', (_name, start) => {
  it('is registered with its port once it listens', async () => {
    const { port, close } = await atOnce(start);
    await expect.poll(() => service.pick()?.url).toBe(`http://127.0.0.1:${port}`);
    await close();
  });

  it('leaves before it closes, and answers requests until then and those in flight', async () => {
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

  it('asks a busy client to close its connection, and fails no request on it', async () => {
    const { port, close } = await atOnce(start);
    const answered = deferred();
    const statuses = askUntilLetGo(port, answered.resolve);
    await answered.promise;
    await close();
    expect(new Set(await statuses)).toEqual(new Set([200]));
  });

  it('does not wait for an idle connection', async () => {
    const { port, close } = await atOnce(start);
    const ended = once(await silent(port), 'close');
    await close();
    await ended;
  });

  it('reports that it could not leave, and closes anyway', async () => {
    const { port, close } = await atOnce(start);
    await expect.poll(() => service.pick()).toBeDefined();
    await registry.stop();
    await expect(close()).rejects.toMatchObject({ code: 'ROLLCALL_BROKER_UNREACHABLE' });
    await expect(fetch(`http://127.0.0.1:${port}/nothing`)).rejects.toThrow('fetch failed');
  });

  it('handles signals while it listens', async () => {
    const before = process.listenerCount('SIGTERM');
    const { close } = await atOnce(start);
    await expect.poll(() => process.listenerCount('SIGTERM')).toBe(before + 1);
    await close();
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  // Elsewhere loopback is one address.
  it.runIf(process.platform === 'linux')('is registered at the address it listens on', async () => {
    const { port, close } = await atOnce(start, '127.0.0.2');
    await expect.poll(() => service.pick()?.url).toBe(`http://127.0.0.2:${port}`);
    await close();
  });
});

it('express stops listening if it requires a broker that is away, and reports why', async () => {
  const port = await freePort();
  const nowhere = connectionTo(await freePort());
  const options = { prefix: '/v1', port, registry: nowhere, requireBroker: true };
  await expect(listen(express(), options)).rejects.toMatchObject({
    code: 'ROLLCALL_BROKER_UNREACHABLE',
  });
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
});

it('fastify serves without a broker, reports it, and registers once there is one', async () => {
  await registry.stop();
  const { connection } = registry;
  const faults: Error[] = [];
  const app = fastify();
  app.register(rollcall, {
    prefix: '/v1',
    registry: connection,
    logger: loggerOfFaults(faults),
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  await expect.poll(() => faults[0]).toMatchObject({ code: 'ROLLCALL_BROKER_UNREACHABLE' });
  await registry.startAgain();
  await expect.poll(() => service.pick()).toBeDefined();
  await app.close();
});

it('fastify does not listen with invalid options', async () => {
  const app = fastify();
  app.register(rollcall, { prefix: 'v1', registry: registry.connection });
  await expect(app.listen({ port: 0, host: '127.0.0.1' })).rejects.toMatchObject({
    code: 'ROLLCALL_ANNOUNCEMENT',
  });
});

it('fastify calls the callback of close()', async () => {
  const app = fastify();
  app.register(rollcall, { prefix: '/v1', registry: registry.connection });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { promise, resolve } = deferred();
  app.close(resolve);
  await promise;
  expect(app.server.listening).toBe(false);
});

it('fastify closes WebSockets in preClose hooks', async () => {
  const app = fastify();
  app.server.on('upgrade', (_request, socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n',
    );
    app.server.once('test:close', () => socket.end());
  });
  app.addHook('preClose', async () => void app.server.emit('test:close'));
  app.register(rollcall, { prefix: '/v1', registry: registry.connection });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const socket = await silent((app.server.address() as AddressInfo).port);
  socket.write('GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n');
  await once(socket, 'data');
  await app.close();
});

it('fastify rejects an unreachable address, and a scope that close() would not leave', async () => {
  const options = { prefix: '/v1', connection: registry.connection };
  const http2 = fastify({ http2: true });
  http2.register(rollcall, options);
  await expect(http2.ready()).rejects.toMatchObject({ code: 'ROLLCALL_CONFIG' });

  const app = fastify();
  app.register(async (scope) => void scope.register(rollcall, options));
  await expect(app.ready()).rejects.toMatchObject({ code: 'ROLLCALL_CONFIG' });
});

it('fastify reports that a Unix socket cannot be registered', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-'));
  registry.onEnd(() => rmSync(folder, { recursive: true }));
  const faults: Error[] = [];
  const app = fastify();
  app.register(rollcall, {
    prefix: '/v1',
    registry: registry.connection,
    logger: loggerOfFaults(faults),
  });
  await app.listen({ path: join(folder, 'socket') });
  await expect.poll(() => faults[0]).toMatchObject({ code: 'ROLLCALL_LISTEN' });
  await app.close();
});

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
