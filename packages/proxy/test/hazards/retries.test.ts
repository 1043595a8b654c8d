import { createServer as createTcpServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/deferred.ts';
import type { Upstream } from '../../src/proxy.ts';
import {
  afterwards,
  rawClient,
  listen,
  sendRequest,
  startProxy,
  forwardToEach,
  httpServer,
} from '../harness.ts';
import { recordingServer } from './vectors.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/**
 * An instance that answers the first so many requests of each connection, and closes it at the next, having
 * read it: as one does that closes what is idle just then.
 */
async function closingServer(
  answers: number,
): Promise<{ there: Upstream; asked: string[]; connections: () => number }> {
  const asked: string[] = [];
  let connections = 0;
  const server = createTcpServer((socket) => {
    connections++;
    let left = answers;
    socket.on('error', () => {});
    afterwards(() => socket.destroy());
    socket.on('data', (bytes) => {
      asked.push(bytes.toString('latin1'));
      if (left-- > 0) socket.write(OK);
      else socket.destroy();
    });
  });
  return { there: await listen(server), asked, connections: () => connections };
}

describe('a request that was sent and not answered', () => {
  it.each(['GET', 'HEAD', 'PUT', 'DELETE'])(
    '%s is retried on another upstream, with its body',
    async (method) => {
      const first = await closingServer(0);
      const { there, reached } = await recordingServer();
      const { port } = await startProxy(forwardToEach(first.there, there));
      const body = method === 'PUT' ? 'kept' : '';
      expect((await sendRequest(port, { method, body })).status).toBe(200);
      expect(reached).toMatchObject([{ method, body }]);
      expect(first.asked).toHaveLength(1);
    },
  );
  it.each(['POST', 'PATCH'])('%s is not retried: 502', async (method) => {
    const first = await closingServer(0);
    const { there, reached } = await recordingServer();
    const { port } = await startProxy(forwardToEach(first.there, there));
    expect((await sendRequest(port, { method })).status).toBe(502);
    expect(reached).toEqual([]);
  });
  it('is retried on the same upstream if that closed an idle connection, and there is no other', async () => {
    const { there, asked, connections } = await closingServer(1);
    const { port } = await startProxy(forwardToEach(there));
    for (let count = 0; count < 3; count++) expect((await sendRequest(port)).status).toBe(200);
    // Each but the first met the close, and was sent again.
    expect([asked.length, connections()]).toEqual([5, 3]);
  });
  it('leaves nothing behind of an upstream that was released meanwhile', async () => {
    let asked = 0;
    const there = await httpServer((request, response) => {
      if (++asked !== 2) return response.end('ok');
      engine.release(there);
      return request.socket.destroy();
    });
    const { engine, port } = await startProxy(forwardToEach(there));
    for (let count = 0; count < 2; count++) expect((await sendRequest(port)).status).toBe(200);
    expect([...engine.pools()]).toEqual([]);
  });
  it('is not sent twice to the same upstream if its connection was new', async () => {
    const { there, asked } = await closingServer(0);
    const { port } = await startProxy(forwardToEach(there));
    expect((await sendRequest(port)).status).toBe(502);
    expect(asked).toHaveLength(1);
  });
  it('fails after the last attempt', async () => {
    const all = await Promise.all([
      closingServer(0),
      closingServer(0),
      closingServer(0),
      closingServer(0),
      closingServer(0),
    ]);
    const { port } = await startProxy(forwardToEach(...all.map(({ there }) => there)));
    expect((await sendRequest(port)).status).toBe(502);
    expect(all.flatMap(({ asked }) => asked)).toHaveLength(3);
  });
  it('is not retried after part of a response arrived', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {}).once('data', () => socket.end('HTTP/1.1 2'));
    });
    const { there, reached } = await recordingServer();
    const { port } = await startProxy(forwardToEach(await listen(server), there));
    expect((await sendRequest(port)).status).toBe(502);
    expect(reached).toEqual([]);
  });
  it('is not retried if part of its body is no longer buffered', async () => {
    const first = await closingServer(0);
    const { there, reached } = await recordingServer();
    const { port } = await startProxy(forwardToEach(first.there, there));
    const { write, heard } = rawClient(port);
    write('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
    expect(await heard(/\}$/)).toMatch(/^HTTP\/1\.1 502 /);
    expect(reached).toEqual([]);
  });
});

/** How many connections an instance saw, and what closes them. */
async function countingServer(keepAlive?: string) {
  const ports = new Set<unknown>();
  const closed = deferred();
  const there = await httpServer((request, response) => {
    if (!ports.has(request.socket.remotePort)) {
      ports.add(request.socket.remotePort);
      request.socket.once('close', () => closed.resolve());
    }
    if (keepAlive !== undefined) response.setHeader('keep-alive', keepAlive);
    response.end('ok');
  });
  return { there, ports, closed: () => closed.promise };
}

describe('the connections to an upstream', () => {
  it('are reused when idle, the last used first', async () => {
    const { there, ports } = await countingServer();
    const { port } = await startProxy(forwardToEach(there));
    await Promise.all(Array.from({ length: 5 }, () => sendRequest(port)));
    const many = ports.size;
    for (let count = 0; count < 10; count++) await sendRequest(port);
    expect(ports.size).toBe(many);
  });
  it('are kept up to a limit', async () => {
    const { there, closed } = await countingServer();
    const { port } = await startProxy(forwardToEach(there), { limits: { idlePerInstance: 0 } });
    await sendRequest(port);
    await closed();
  });
  it('are closed when idle for long', async () => {
    const { there, closed } = await countingServer();
    const { port } = await startProxy(forwardToEach(there), { limits: { instanceIdleMs: 100 } });
    await sendRequest(port);
    await closed();
  });
  it('are closed before the upstream would, if it sends Keep-Alive', async () => {
    const { there, closed } = await countingServer('timeout=1');
    const { port } = await startProxy(forwardToEach(there), {
      limits: { instanceIdleMs: 3_600_000 },
    });
    await sendRequest(port);
    await closed();
  });
});
