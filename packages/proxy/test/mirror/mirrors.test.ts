import { connect as connectHttp2 } from 'node:http2';
import { connect, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/deferred.ts';
import type { Filter } from '../../src/filters/filter.ts';
import { DONE } from '../../src/message.ts';
import { forwardBy } from '../decisions.ts';
import { exchange } from '../exchange/exchange-harness.ts';
import { afterwards, client, listen, send, serverSending, start, upstream } from '../harness.ts';
import { http2Upstream } from '../upstream/http2-server.ts';
import { mirroring, recorder } from './mirroring.ts';

const UNLIMITED = { maxBodyBytes: Infinity, timeoutMs: 60_000, onDropped: () => {} };

const REFUSES_BAD: Filter = {
  name: 'guard',
  onRequest(request) {
    if (request.target.includes('bad')) return { status: 403 };
    request.fields.set('X-User', 'ann');
    return undefined;
  },
};

describe('a request that is mirrored', () => {
  it('is received by the mirror as by the upstream, with a mark', async () => {
    const main = await recorder();
    const copies = await recorder((_request, response) => response.writeHead(500).end('no'));
    const { port, until } = await mirroring({
      to: main.there,
      copiesTo: copies.there,
      filters: [REFUSES_BAD],
    });
    const headers = { 'X-A': '1', 'X-Forwarded-Mirror': 'forged', Expect: '100-continue' };
    const response = await send(port, {
      method: 'POST',
      path: '/v1/a?b',
      headers,
      body: 'whole body',
    });
    expect(response).toMatchObject({ status: 200, body: 'ok' });
    expect(await until(1)).toEqual(['500']);
    const [original] = main.received;
    const [copy] = copies.received;
    expect(original).toMatchObject({ method: 'POST', target: '/a?b', body: 'whole body' });
    expect(original?.headers).toMatchObject({ 'x-user': 'ann', 'x-forwarded-prefix': '/v1' });
    expect(original?.headers['x-forwarded-mirror']).toBe(undefined);
    const { expect: awaited, ...passed } = original?.headers ?? {};
    expect(awaited).toBe('100-continue');
    expect(copy).toEqual({ ...original, headers: { ...passed, 'x-forwarded-mirror': 'true' } });
  });

  it('is copied with what comes of its body while its upstream is being connected to', async () => {
    const { there: main } = await http2Upstream(async (stream) => {
      await text(stream);
      stream.respond();
      stream.end('ok');
    });
    const copies = await recorder();
    const connected = deferred();
    const mayOpen = deferred();
    const slow = createTcpServer(async (socket) => {
      connected.resolve();
      await mayOpen.promise;
      socket.on('error', () => {});
      socket.pipe(connect(main.port, main.address)).pipe(socket);
    });
    const { port, until } = await mirroring({
      to: { ...(await listen(slow)), isHttp2: true },
      copiesTo: copies.there,
    });
    const { write, heard } = client(port);
    write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nfirst');
    await connected.promise;
    write('second');
    await new Promise(setImmediate);
    mayOpen.resolve();
    await heard(/ok/);
    await until(1);
    expect(copies.received.map(({ body }) => body)).toEqual(['firstsecond']);
  });

  it('is marked once, if a trusted proxy in front has marked it', async () => {
    const main = await recorder();
    const copies = await recorder();
    const { port, until } = await mirroring({
      to: main.there,
      copiesTo: copies.there,
      isTrustedProxy: () => true,
    });
    await send(port, { headers: { 'X-Forwarded-Mirror': 'true' } });
    await until(1);
    const marks = [...main.received, ...copies.received].map(
      ({ headers }) => headers['x-forwarded-mirror'],
    );
    expect(marks).toEqual(['true', 'true']);
  });

  it('is copied with a body that comes in parts', async () => {
    const main = await recorder();
    const copies = await recorder();
    const { port, until } = await mirroring({ to: main.there, copiesTo: copies.there });
    const { write, heard } = client(port);
    write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    const body = 'part '.repeat(10_000);
    for (let at = 0; at < body.length; at += 10_000) {
      const part = body.slice(at, at + 10_000);
      write(`${part.length.toString(16)}\r\n${part}\r\n`);
      await new Promise(setImmediate);
    }
    write('0\r\n\r\n');
    await heard(/ok/);
    expect(await until(1)).toEqual(['200']);
    expect(copies.received[0]?.body).toBe(body);
    expect(main.received[0]?.body).toBe(body);
  });

  it('is copied with what comes of the body while an upstream is connected to', async () => {
    const main = await recorder();
    const copies = await recorder();
    const ends = deferred<number | undefined>();
    const left = [main.there];
    const { exchange: made, start: begin } = exchange({
      decision: {
        ...forwardBy(() => left.shift(), '/'),
        mirror: () => ({ ...UNLIMITED, next: () => copies.there, onEnd: ends.resolve }),
      },
      line: 'POST /',
      fields: 'Content-Length: 4\r\n',
      body: 'ab',
      isComplete: false,
    });
    begin();
    expect(made.phase).toBe('connecting');
    made.onRequestData([Buffer.from('cd')], DONE);
    expect(await ends.promise).toBe(200);
    expect([main, copies].map(({ received }) => received[0]?.body)).toEqual(['abcd', 'abcd']);
  });

  it('by HTTP/2 is copied to a mirror of HTTP/2', async () => {
    const main = await recorder();
    const received: unknown[] = [];
    const copies = await http2Upstream(async (stream, headers) => {
      received.push([headers[':path'], headers['x-forwarded-mirror'], await text(stream)]);
      stream.respond({ ':status': 201 });
      stream.end('no');
    });
    const { port, until } = await mirroring({ to: main.there, copiesTo: copies.there });
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    afterwards(() => session.destroy());
    const stream = session.request({ ':method': 'POST', ':path': '/v1/x' });
    stream.end('body');
    expect(await text(stream)).toBe('ok');
    expect(await until(1)).toEqual(['201']);
    expect(received).toEqual([['/x', 'true', 'body']]);
    expect(main.received[0]?.body).toBe('body');
  });

  it('is not copied if a filter refuses it', async () => {
    const main = await recorder();
    const copies = await recorder();
    const { port, reported, until } = await mirroring({
      to: main.there,
      copiesTo: copies.there,
      filters: [REFUSES_BAD],
    });
    expect((await send(port, { path: '/v1/bad' })).status).toBe(403);
    await send(port, { path: '/v1/good' });
    await until(1);
    expect(copies.received).toMatchObject([{ target: '/good' }]);
    expect(reported).toEqual(['200']);
  });

  it('is not copied twice if it is retried', async () => {
    const copies = await recorder();
    const closing = createTcpServer((socket) => socket.once('data', () => socket.destroy()));
    const broken = await listen(closing);
    const main = await recorder();
    const ends = deferred<number | undefined>();
    const { port } = await start(({ target }) => {
      const left = [broken, main.there];
      const mirror = { ...UNLIMITED, next: () => copies.there, onEnd: ends.resolve };
      return { ...forwardBy(() => left.shift(), target), mirror: () => mirror };
    });
    expect((await send(port)).body).toBe('ok');
    expect(await ends.promise).toBe(200);
    expect([main.received.length, copies.received.length]).toEqual([1, 1]);
  });

  it('is not copied if the mirror has no upstream at that moment', async () => {
    const main = await recorder();
    const { port, reported } = await mirroring({ to: main.there });
    expect((await send(port, { method: 'POST', body: 'x' })).status).toBe(200);
    expect(reported).toEqual([]);
  });
});

describe('what is not copied to its end is dropped', () => {
  it('a copy that would take a descriptor which clients may need', async () => {
    const main = await recorder();
    const dropped = deferred<string>();
    const left = [main.there];
    const mirror = {
      ...UNLIMITED,
      next: () => main.there,
      onEnd: (status?: number) => dropped.resolve(`sent, ${status}`),
      onDropped: dropped.resolve,
    };
    const { start: begin } = exchange({
      decision: { ...forwardBy(() => left.shift(), '/'), mirror: () => mirror },
      roomForCopies: 0,
    });
    begin();
    expect(await dropped.promise).toBe('descriptors');
  });

  it('a body above the limit, whether its length is announced or not', async () => {
    const main = await recorder();
    const copies = await recorder();
    const { port, until } = await mirroring({
      to: main.there,
      copiesTo: copies.there,
      maxBodyBytes: 4,
    });
    await send(port, { method: 'POST', body: '12345' });
    await send(port, {
      method: 'POST',
      headers: { 'Transfer-Encoding': 'chunked' },
      body: '12345',
    });
    await send(port, { method: 'POST', body: '1234' });
    expect(await until(3)).toEqual(['body-size', 'body-size', '200']);
    expect(copies.received.map(({ body }) => body)).toEqual(['1234']);
    expect(main.received.map(({ body }) => body)).toEqual(['12345', '12345', '1234']);
  });

  it('an upgrade', async () => {
    const there = await serverSending(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    const { port, until } = await mirroring({ to: there, copiesTo: there });
    const { write, heard } = client(port);
    write('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n');
    write('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n');
    await heard(/101/);
    expect(await until(1)).toEqual(['upgrade']);
  });

  it('a request whose client leaves before it has sent the body', async () => {
    const main = await recorder();
    const copies = await recorder();
    const { port, until } = await mirroring({ to: main.there, copiesTo: copies.there });
    const { write, socket } = client(port);
    write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf ');
    await main.begun;
    socket.destroy();
    expect(await until(1)).toEqual(['incomplete']);
    expect(copies.received).toEqual([]);
  });

  it('a body for which there is no memory left, until there is', async () => {
    const main = await recorder();
    const copies = await recorder();
    const { port, until } = await mirroring({
      to: main.there,
      copiesTo: copies.there,
      limits: { heldBytes: 4 * 1024 },
    });
    const first = client(port);
    first.write(`POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(999)}`);
    await main.begun;
    await new Promise(setImmediate);
    const body = 'y'.repeat(100);
    expect((await send(port, { method: 'POST', path: '/2', body })).status).toBe(200);
    expect(await until(1)).toEqual(['held-bytes']);
    first.write('x');
    await first.heard(/ok/);
    expect(await until(2)).toEqual(['held-bytes', '200']);
    expect((await send(port, { method: 'POST', path: '/3', body })).status).toBe(200);
    expect(await until(3)).toEqual(['held-bytes', '200', '200']);
    expect(copies.received.map(({ target }) => target)).toEqual(['/1', '/3']);
  });
});

it('the connection of a copy is used again', async () => {
  const main = await recorder();
  const ports = new Set<number | undefined>();
  const copies = await upstream((request, response) => {
    ports.add(request.socket.remotePort);
    response.end('dropped');
  });
  const { port, until } = await mirroring({ to: main.there, copiesTo: copies });
  for (let count = 1; count <= 3; count++) {
    await send(port);
    await until(count);
  }
  expect(ports.size).toBe(1);
});
