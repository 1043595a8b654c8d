import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it, vi } from 'vitest';
import { drain, watchServers } from '../../src/registrar/drain.ts';
import { deferred } from '../../../../test/support/deferred.ts';

watchServers();

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function listening(handler: RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  cleanups.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

async function ask(port: number, agent: Agent, path = '/'): Promise<IncomingMessage> {
  const sent = request({ host: '127.0.0.1', port, agent, path }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  await text(response);
  return response;
}

function keepAlive(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  cleanups.push(() => agent.destroy());
  return agent;
}

async function silent(server: Server, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  cleanups.push(() => socket.destroy());
  await once(server, 'connection');
  return socket;
}

/** How long it took, in milliseconds. */
async function timed(work: Promise<void>): Promise<number> {
  const begun = performance.now();
  await work;
  return performance.now() - begun;
}

it('closes a connection that has never sent a request', async () => {
  const { server, port } = await listening((_request, response) => response.end());
  const socket = await silent(server, port);
  const closed = once(socket, 'close');
  expect(await timed(drain(server))).toBeLessThan(3000);
  await closed;
});

it('finishes a request in flight, and then closes its connection', async () => {
  const asked = deferred();
  const answer = deferred();
  const { server, port } = await listening((_request, response) => {
    asked.resolve();
    void answer.promise.then(() => response.end('late'));
  });
  const response = ask(port, keepAlive());
  await asked.promise;
  const drained = drain(server);
  // It no longer listens: from here on, what is under way is all that is waited for.
  while (server.listening) await new Promise((resolve) => setImmediate(resolve));
  answer.resolve();
  expect((await response).statusCode).toBe(200);
  expect(await timed(drained)).toBeLessThan(2000);
});

it('asks a busy client to close, without failing a request', async () => {
  const { server, port } = await listening((_request, response) => response.end('x'));
  const agent = keepAlive();
  let last: IncomingMessage | undefined;
  async function ceaselessly(): Promise<void> {
    while (last?.headers.connection !== 'close') last = await ask(port, agent);
  }
  // It is known to be busy only by what it was sent before.
  await ask(port, agent);
  const busy = ceaselessly();
  await drain(server);
  await busy;
});

it('does not wait for a client that never stops', async () => {
  const { server, port } = await listening((_request, response) => response.end('x'));
  async function ceaselessly(): Promise<void> {
    for (;;) await ask(port, keepAlive());
  }
  await ask(port, keepAlive());
  const busy = expect(ceaselessly()).rejects.toThrow(/ECONNREFUSED|ECONNRESET|hang up/);
  expect(await timed(drain(server))).toBeLessThan(4000);
  await busy;
});

it('closes unfinished connections after 6 s, including upgraded ones', async () => {
  const asked = deferred();
  const { server, port } = await listening(() => asked.resolve());
  server.on('upgrade', (_request, socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
  });
  const upgraded = connect(port, '127.0.0.1');
  cleanups.push(() => upgraded.destroy());
  upgraded.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
  await once(upgraded, 'data');
  const failing = expect(ask(port, keepAlive())).rejects.toThrow(/socket hang up|ECONNRESET/);
  await asked.promise;
  const took = await timed(drain(server));
  expect(took).toBeGreaterThan(5500);
  expect(took).toBeLessThan(7000);
  await failing;
});

it('sets no timer in the past, of which Node 24 warns, for a server that has long been quiet', async () => {
  const { server } = await listening((_request, response) => response.end());
  const timers = vi.spyOn(globalThis, 'setTimeout');
  cleanups.push(() => timers.mockRestore());
  await drain(server);
  const delays = timers.mock.calls.map(([, delay]) => delay ?? 0);
  expect(delays.length).toBeGreaterThan(0);
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
});
