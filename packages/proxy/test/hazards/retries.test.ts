import { createServer as createTcpServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/deferred.ts';
import type { Forward, Upstream } from '../../src/proxy.ts';
import { afterwards, client, listen, send, start, to, upstream } from '../harness.ts';
import { recording } from './vectors.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/**
 * An instance that answers the first so many requests of each connection, and closes it at the next, having
 * read it: as one does that closes what is idle just then.
 */
async function closing(
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
    '%s goes to another upstream, with its body',
    async (method) => {
      const first = await closing(0);
      const { there, reached } = await recording();
      const { port } = await start(to(first.there, there));
      const body = method === 'PUT' ? 'kept' : '';
      expect((await send(port, { method, body })).status).toBe(200);
      expect(reached).toMatchObject([{ method, body }]);
      expect(first.asked).toHaveLength(1);
    },
  );
  it.each(['POST', 'PATCH'])('%s does not: 502', async (method) => {
    const first = await closing(0);
    const { there, reached } = await recording();
    const { port } = await start(to(first.there, there));
    expect((await send(port, { method })).status).toBe(502);
    expect(reached).toEqual([]);
  });
  it('goes to the same upstream again if that closed an idle connection, and there is no other', async () => {
    const { there, asked, connections } = await closing(1);
    let repeated = 0;
    const decide = to(there);
    const { port } = await start((request) => ({
      ...(decide(request) as Forward),
      again: () => repeated++,
    }));
    for (let count = 0; count < 3; count++) expect((await send(port)).status).toBe(200);
    // Each but the first met the close, and was sent again.
    expect([asked.length, connections(), repeated]).toEqual([5, 3, 2]);
  });
  it('leaves no connection to an upstream that left meanwhile', async () => {
    let asked = 0;
    const there = await upstream((request, response) => {
      if (++asked !== 2) return response.end('ok');
      proxy.release(there);
      return request.socket.destroy();
    });
    const { proxy, port } = await start(to(there));
    for (let count = 0; count < 2; count++) expect((await send(port)).status).toBe(200);
    expect([...proxy.pools()]).toEqual([]);
  });
  it('is not sent to the same upstream twice if its connection was new', async () => {
    const { there, asked } = await closing(0);
    const { port } = await start(to(there));
    expect((await send(port)).status).toBe(502);
    expect(asked).toHaveLength(1);
  });
  it('is given up after two retries', async () => {
    const all = await Promise.all([closing(0), closing(0), closing(0), closing(0), closing(0)]);
    const { port } = await start(to(...all.map(({ there }) => there)));
    expect((await send(port)).status).toBe(502);
    expect(all.flatMap(({ asked }) => asked)).toHaveLength(3);
  });
  it('is not sent again once part of a response has come', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {}).once('data', () => socket.end('HTTP/1.1 2'));
    });
    const { there, reached } = await recording();
    const { port } = await start(to(await listen(server), there));
    expect((await send(port)).status).toBe(502);
    expect(reached).toEqual([]);
  });
  it('is not sent again if part of its body is gone', async () => {
    const first = await closing(0);
    const { there, reached } = await recording();
    const { port } = await start(to(first.there, there));
    const { write, heard } = client(port);
    write('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
    expect(await heard(/\}$/)).toMatch(/^HTTP\/1\.1 502 /);
    expect(reached).toEqual([]);
  });
});

/** How many connections an instance saw, and what closes them. */
async function counted(keepAlive?: string) {
  const ports = new Set<unknown>();
  const closed = deferred();
  const there = await upstream((request, response) => {
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
  it('that are idle are used again, the last used first', async () => {
    const { there, ports } = await counted();
    const { port } = await start(to(there));
    await Promise.all(Array.from({ length: 5 }, () => send(port)));
    const many = ports.size;
    for (let count = 0; count < 10; count++) await send(port);
    expect(ports.size).toBe(many);
  });
  it('are kept up to a number', async () => {
    const { there, closed } = await counted();
    const { port } = await start(to(there), { limits: { idlePerInstance: 0 } });
    await send(port);
    await closed();
  });
  it('are closed when they have been idle for long', async () => {
    const { there, closed } = await counted();
    const { port } = await start(to(there), { limits: { instanceIdleMs: 100 } });
    await send(port);
    await closed();
  });
  it('are closed before the upstream would, if it says when', async () => {
    const { there, closed } = await counted('timeout=1');
    const { port } = await start(to(there), { limits: { instanceIdleMs: 3_600_000 } });
    await send(port);
    await closed();
  });
});
