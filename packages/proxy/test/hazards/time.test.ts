import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/deferred.ts';
import type { Filter } from '../../src/filters/filter.ts';
import { forwardBy, NO_UPSTREAM } from '../decisions.ts';
import { client, unconnectableServer, send, start, to, upstream } from '../harness.ts';
import { afterwards, recording, speaking } from './vectors.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n';

describe('a slow client', () => {
  it('with its head: 408, though a byte comes now and then', async () => {
    const { port } = await start(to(), { limits: { headMs: 300 } });
    const { write, all } = client(port);
    write('GET / HTTP/1.1\r\nHost: a\r\nX-A: ');
    const drip = setInterval(() => write('x'), 50);
    afterwards(() => clearInterval(drip));
    expect(await all).toMatch(/^HTTP\/1\.1 408 [^]*"code":"request-timeout"/);
  });
  it('with its body: 408, and the upstream is released', async () => {
    const gone = deferred();
    const there = await upstream((request) => request.on('close', () => gone.resolve()).resume());
    const { port } = await start(to(there), { limits: { requestBodyMs: 100 } });
    const { write, all } = client(port);
    write(`${POST}ab`);
    expect(await all).toMatch(/^HTTP\/1\.1 408 /);
    await gone.promise;
  });
  it('that sends no request: closed without a response', async () => {
    const { there } = await recording();
    const { port } = await start(to(there), { limits: { idleMs: 100 } });
    const silent = client(port);
    const kept = client(port);
    kept.write(GET);
    await kept.heard(/ok$/);
    expect(await silent.all).toBe('');
    expect(await kept.all).toMatch(/ok$/);
  });
  it('that does not read: reset, and the upstream is released', async () => {
    const gone = deferred();
    const there = await upstream((_request, response) => {
      response.on('close', () => gone.resolve());
      response.write(Buffer.alloc(32 * 1024 * 1024));
    });
    const { port, proxy } = await start(to(there), { limits: { answerBodyMs: 100 } });
    const { socket, write } = client(port);
    write(GET);
    socket.pause();
    await gone.promise;
    await proxy.close(3_600_000);
  });
  it('with the end of its response: is not idle, and gets all of it', async () => {
    const body = Buffer.alloc(16 * 1024 * 1024);
    const large: Filter = { name: 'large', onRequest: () => ({ status: 200, body }) };
    const over = deferred();
    const { port } = await start(
      ({ target }) => ({ ...forwardBy(() => undefined, target), filters: [large] }),
      { limits: { idleMs: 200, connections: 8 }, onRequestEnd: () => over.resolve() },
    );
    const { socket, write, all } = client(port);
    socket.pause();
    write(GET);
    await over.promise;
    // Idle ones are closed: as soon as others come, and when they have been idle for long.
    const idle = Array.from({ length: 20 }, () => client(port));
    await Promise.all(idle.map((each) => each.all));
    socket.resume();
    const [, { length } = { length: 0 }] = (await all).split('\r\n\r\n');
    expect(length).toBe(body.length);
  });
  it('with the end of its response, and sends a byte now and then: closed all the same', async () => {
    const body = Buffer.alloc(16 * 1024 * 1024);
    const large: Filter = { name: 'large', onRequest: () => ({ status: 200, body }) };
    const { port, proxy } = await start(
      ({ target }) => ({ ...forwardBy(() => undefined, target), filters: [large] }),
      { limits: { idleMs: 100, answerBodyMs: 100 } },
    );
    const { socket, write } = client(port);
    socket.pause();
    write(GET.repeat(2));
    const drip = setInterval(() => write('x'), 50);
    afterwards(() => clearInterval(drip));
    await expect.poll(() => proxy.clients).toBe(1);
    await expect.poll(() => proxy.clients, { timeout: 10_000 }).toBe(0);
  }, 15_000);
  it('does not harm other clients', async () => {
    const { there } = await recording();
    const { port } = await start(to(there));
    for (let count = 0; count < 500; count++) client(port).write('GET / HTTP/1.1\r\nHost');
    expect((await send(port)).status).toBe(200);
  });
});

describe('one address with more connections than the limit', () => {
  it('is refused those above it, until others close', async () => {
    const { there } = await recording();
    const { port } = await start(to(there), { limits: { connectionsPerAddress: 2 } });
    const first = client(port);
    const second = client(port);
    first.write(GET);
    second.write(GET);
    await Promise.all([first.heard(/ok$/), second.heard(/ok$/)]);
    expect(await client(port).all).not.toContain('HTTP');
    first.socket.destroy();
    await expect
      .poll(() =>
        send(port).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });
});

describe('more connections than all clients together may have', () => {
  it('close those that are idle, and no request', async () => {
    const { there } = await recording();
    const { port, proxy } = await start(to(there), { limits: { connections: 8 } });
    const idle = Array.from({ length: 8 }, () => client(port));
    const statuses = [];
    for (let count = 0; count < 20; count++) statuses.push((await send(port)).status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(proxy.shedClients).toBeGreaterThan(0);
    for (const { socket } of idle) socket.destroy();
  });
});

describe('a slow upstream', () => {
  it('with its response: 504', async () => {
    const there = await upstream((request) => afterwards(() => request.socket.destroy()));
    const { port } = await start(to(there), { limits: { answerMs: 100 } });
    const answer = await send(port);
    expect(answer.status).toBe(504);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'upstream-timeout' });
  });
  it('with the rest of its response: never a clean end', async () => {
    const there = await speaking(() => ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok']);
    const { port } = await start(to(there), { limits: { answerBodyMs: 100 } });
    const { write, all } = client(port);
    write(GET);
    expect(await all).toMatch(/ok.*closed by a reset$/);
  });
  it('with taking the body: 504', async () => {
    const there = await upstream((request) => {
      request.pause();
      afterwards(() => request.socket.destroy());
    });
    const { port } = await start(to(there), { limits: { requestBodyMs: 100 } });
    const { socket, write, heard } = client(port);
    write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n');
    socket.write(Buffer.alloc(32 * 1024 * 1024));
    expect(await heard(/HTTP/)).toMatch(/^HTTP\/1\.1 504 /);
  });
  it('to connect: another is tried', async () => {
    const { there } = await recording();
    const verdicts: string[] = [];
    const { port } = await start(to(await unconnectableServer(), there), {
      limits: { connectMs: 100 },
      onUnreachable: ({ key }, verdict) => verdicts.push(`${key} ${verdict}`),
    });
    expect((await send(port, { method: 'POST', body: 'x' })).status).toBe(200);
    expect(verdicts).toEqual(['deaf unreachable']);
  });
});

describe('a body that is too large', () => {
  const limits = { bodyBytes: 4 };
  it('by its length: 413, before anything is sent', async () => {
    const { there, reached } = await recording();
    const { port } = await start(to(there), { limits });
    const { write, heard } = client(port);
    write(`${POST}hello`);
    expect(await heard(/\}$/)).toMatch(/^HTTP\/1\.1 413 [^]*"code":"body-too-large"/);
    expect(reached).toEqual([]);
  });
  it('as it turns out: 413, and the upstream is released', async () => {
    const [reached, gone] = [deferred(), deferred()];
    const there = await upstream((request) => {
      reached.resolve();
      request.on('close', () => gone.resolve()).resume();
    });
    const { port } = await start(to(there), { limits });
    const { write, all } = client(port);
    write('POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    await reached.promise;
    write('5\r\nhello\r\n');
    expect(await all).toMatch(/^HTTP\/1\.1 413 /);
    await gone.promise;
  });
});

/** An instance that counts its connections. */
async function counting(onData: (socket: Socket) => void) {
  let open = 0;
  const there = await upstream((request, response) => {
    open++;
    request.socket.once('close', () => open--);
    request.on('error', () => {});
    response.on('error', () => {});
    onData(request.socket);
    response.write('begun');
  });
  return { there, open: () => open };
}

describe('a client that goes away', () => {
  it('while it downloads: the upstream is released at once, each of 300 times', async () => {
    const { there, open } = await counting(() => {});
    const { port } = await start(to(there));
    for (let count = 0; count < 300; count++) {
      const { socket, write, heard } = client(port);
      write(GET);
      await heard(/begun/);
      socket.destroy();
    }
    await expect.poll(open).toBe(0);
  });
  it('while it uploads: the upstream is released at once, each of 300 times', async () => {
    const begun: (() => void)[] = [];
    const { there, open } = await counting(() => begun.shift()?.());
    const { port } = await start(to(there));
    for (let count = 0; count < 300; count++) {
      const arrived = deferred();
      begun.push(() => arrived.resolve());
      const { socket, write } = client(port);
      write(`${POST}ab`);
      await arrived.promise;
      if (count % 2 === 0) socket.destroy();
      else socket.resetAndDestroy();
    }
    await expect.poll(open).toBe(0);
  });
  it('before there is a connection to the upstream: no request is sent', async () => {
    const { there, reached } = await recording();
    const { port } = await start(to(there));
    const { socket, write, closed } = client(port);
    await once(socket, 'connect');
    write(GET);
    socket.resetAndDestroy();
    await closed;
    expect((await send(port)).status).toBe(200);
    expect(reached.length).toBeLessThanOrEqual(2);
  });
});

describe('a client that sends requests and does not read', () => {
  it('has to wait with its next requests', async () => {
    let asked = 0;
    const there = await upstream((_request, response) => {
      asked++;
      response.end(Buffer.alloc(1024 * 1024));
    });
    const { port } = await start(to(there));
    const { socket } = client(port);
    socket.pause();
    socket.write(GET.repeat(500));
    await expect.poll(() => [asked, asked].every((each) => each > 0)).toBe(true);
    let before = -1;
    await expect
      .poll(
        () => {
          const stands = before === asked;
          before = asked;
          return stands;
        },
        { interval: 200 },
      )
      .toBe(true);
    expect(asked).toBeLessThan(50);
  });
  it('is answered in order, thousands of times', async () => {
    const { port } = await start(() => ({
      type: 'answer',
      problem: NO_UPSTREAM,
    }));
    const { write, heard } = client(port);
    write(`${GET.repeat(3000)}GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    const all = await heard(/connection: close\r\n\r\n\{.*\}$/);
    expect(all.match(/HTTP\/1\.1 503 /g)).toHaveLength(3001);
  });
});
