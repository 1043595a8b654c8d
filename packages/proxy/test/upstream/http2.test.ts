import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { text } from 'node:stream/consumers';
import { describe, expect, it, vi } from 'vitest';
import { forwardTo } from '../../src/forward-to.ts';
import { ERROR, FRAME, windowUpdateFrame } from '../../src/http2/frames.ts';
import { SETTING } from '../../src/http2/settings.ts';
import type { RequestSummary } from '../../src/proxy.ts';
import { client, send, start, to } from '../harness.ts';
import { session, settingsPayload } from '../http2-client.ts';
import { frameServer } from './frame-server.ts';
import { http2Upstream } from './http2-server.ts';

const OK = [[':status', '200']] as const;

function echo(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200 });
  stream.pipe(stream);
}

/** A POST by HTTP/2 whose body is still open. */
async function open(port: number, path = '/') {
  const made = session(port);
  const request = made.request({ ':method': 'POST', ':path': path, te: 'trailers' });
  request.on('error', () => {});
  await once(request, 'ready').catch(() => {});
  return request;
}

describe.each([
  ['with prior knowledge', false],
  ['over TLS', true],
])('an upstream of HTTP/2 %s', (_what, isSecure) => {
  it('serves clients of HTTP/1.1 and HTTP/2, with bodies of any size', async () => {
    const { there, sessions } = await http2Upstream(echo, { isSecure });
    const { port } = await start(to(there));
    const bodies = [0, 1, 4097, 100_000, 3_000_000].map((size) =>
      'no two 9 bytes'.repeat(size / 14),
    );
    const byHttp1 = await Promise.all(bodies.map((body) => send(port, { method: 'POST', body })));
    const made = session(port);
    const byHttp2 = await Promise.all(
      bodies.map((body) => text(made.request({ ':method': 'POST' }).end(body))),
    );
    expect(byHttp1.map(({ body }) => body)).toEqual(bodies);
    expect(byHttp2).toEqual(bodies);
    expect(sessions).toHaveLength(1);
  });
});

describe('an upstream of HTTP/2', () => {
  it('is named by a URL with the scheme h2c', async () => {
    const { there } = await http2Upstream(echo);
    const { port } = await start(forwardTo(`h2c://127.0.0.1:${there.port}`));
    expect(await send(port, { method: 'POST', body: 'x' })).toMatchObject({
      status: 200,
      body: 'x',
    });
  });

  it('gets the request as it came, with the fields of the proxy', async () => {
    let seen: IncomingHttpHeaders = {};
    const { there } = await http2Upstream((stream, headers) => {
      seen = headers;
      stream.respond({ ':status': 200 }, { endStream: true });
    });
    const { port } = await start(to(there));
    await send(port, {
      path: '/a?b=c',
      headers: { host: 'a.example', cookie: 'a=1; b=2', connection: 'close, x-hop', 'x-hop': '1' },
    });
    expect(seen).toMatchObject({
      ':method': 'GET',
      ':scheme': 'http',
      ':authority': 'a.example',
      ':path': '/a?b=c',
      cookie: 'a=1; b=2',
      'x-forwarded-for': '127.0.0.1',
      via: '1.1 gateway',
    });
    expect(seen).not.toHaveProperty('x-hop');
    expect(seen).not.toHaveProperty('connection');
    expect(seen).not.toHaveProperty('host');
  });

  it('is asked for trailers, and those of both sides pass', async () => {
    const seen: IncomingHttpHeaders[] = [];
    const { there } = await http2Upstream((stream, headers) => {
      seen.push(headers);
      stream.on('trailers', (trailers: IncomingHttpHeaders) => seen.push(trailers));
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.resume().on('end', () => stream.end('body'));
    });
    const { port } = await start(to(there));
    const made = session(port);
    const request = made.request({ ':method': 'POST', te: 'trailers' }, { waitForTrailers: true });
    request.on('wantTrailers', () => request.sendTrailers({ 'x-sum': '9' }));
    request.end('x');
    const [trailers] = (await once(request.resume(), 'trailers')) as [IncomingHttpHeaders];
    expect(trailers).toMatchObject({ 'grpc-status': '0' });
    expect(seen[0]).toMatchObject({ te: 'trailers' });
    expect(seen[1]).toMatchObject({ 'x-sum': '9' });
  });

  it('may respond before the request has ended, and both go on at once', async () => {
    const { there } = await http2Upstream(echo);
    const { port } = await start(to(there));
    const request = await open(port);
    await once(request, 'response');
    for (const word of ['one', 'two', 'three']) {
      request.write(word);
      const [heard] = (await once(request, 'data')) as [Buffer];
      expect(String(heard)).toBe(word);
    }
    request.end();
    await once(request.resume(), 'end');
  });

  it('may end its response before the request has ended', async () => {
    const { there } = await http2Upstream((stream) => {
      stream.respond({ ':status': 200 });
      stream.end('enough');
    });
    const { port } = await start(to(there));
    const request = await open(port);
    request.write('x');
    expect(await text(request)).toBe('enough');
  });

  it('takes many requests on one session, and more sessions are opened when its streams are used up', async () => {
    const open: ServerHttp2Stream[] = [];
    const { there, sessions } = await http2Upstream(
      (stream) => {
        open.push(stream);
      },
      { settings: { maxConcurrentStreams: 10 } },
    );
    const { proxy, port } = await start(to(there));
    const made = session(port);
    const all = Array.from({ length: 25 }, () => text(made.request()));
    await vi.waitFor(() => expect(open).toHaveLength(25));
    expect(sessions.filter(({ destroyed }) => !destroyed).length).toBe(3);
    expect([...proxy.pools()]).toEqual([[there.key, { open: 3, idle: 0 }]]);
    for (const stream of open) {
      stream.respond({ ':status': 200 });
      stream.end('ok');
    }
    expect(new Set(await Promise.all(all))).toEqual(new Set(['ok']));
  });

  it('is not sent more than its windows allow', async () => {
    let received = 0;
    const there = await frameServer(
      (each, { write, respond }) => {
        if (each.type !== FRAME.data) return;
        received += each.payload.length;
        // The window of the stream is used up: the rest comes once it is opened.
        if (received === 1000) write(windowUpdateFrame(1, 500));
        if (received === 1500) respond(1, OK);
      },
      settingsPayload(SETTING.initialWindowSize, 1000),
    );
    const { port } = await start(to(there));
    const { status } = await send(port, { method: 'POST', body: 'x'.repeat(1500) });
    expect([status, received]).toEqual([200, 1500]);
  });

  it('waits while the client does not read', async () => {
    let sent = 0;
    const { there } = await http2Upstream((stream) => {
      stream.respond({ ':status': 200 });
      const more = (): void => {
        while (sent < 64 * 1024 * 1024) {
          sent += 65_536;
          if (!stream.write(Buffer.alloc(65_536))) return void stream.once('drain', more);
        }
        stream.end();
      };
      more();
    });
    const { port } = await start(to(there));
    const made = client(port);
    made.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    made.socket.pause();
    let before = -1;
    await vi.waitFor(
      () => {
        const isStill = sent === before && sent > 0;
        before = sent;
        expect(isStill).toBe(true);
      },
      { timeout: 10_000, interval: 300 },
    );
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  it('sees that the client has left, and its reset is seen by the client', async () => {
    const codes: number[] = [];
    const { there } = await http2Upstream((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('x');
      if (codes.length > 0) return stream.close(ERROR.internal);
      stream.on('close', () => codes.push(stream.rstCode));
    });
    const { port } = await start(to(there));
    const first = await open(port);
    await once(first, 'data');
    first.close(ERROR.cancel);
    await vi.waitFor(() => expect(codes).toEqual([ERROR.cancel]));
    const second = await open(port);
    const closed = new Promise((resolve) => second.once('close', resolve));
    second.resume();
    await closed;
    expect(second.rstCode).toBe(ERROR.internal);
  });

  it('passes 1xx on, and has no body with HEAD, 204 and 304', async () => {
    const { there } = await http2Upstream((stream, { ':path': path = '' }) => {
      if (path === '/103') stream.additionalHeaders({ ':status': 103, link: '</a>' });
      stream.respond({ ':status': Number(path.slice(1)) || 200, 'content-length': '0' });
      stream.end();
    });
    const { port } = await start(to(there));
    const statuses = [];
    for (const path of ['/204', '/304', '/200'])
      statuses.push((await send(port, { path, method: 'HEAD' })).status);
    expect(statuses).toEqual([204, 304, 200]);
  });

  it('is closed when it has been released, once its last request is over', async () => {
    const held: ServerHttp2Stream[] = [];
    const { there, sessions } = await http2Upstream((stream) => void held.push(stream));
    const { proxy, port } = await start(to(there));
    const answer = send(port);
    await vi.waitFor(() => expect(held).toHaveLength(1));
    proxy.release(there);
    held[0]?.respond({ ':status': 200 });
    held[0]?.end('ok');
    expect((await answer).body).toBe('ok');
    await vi.waitFor(() => expect(sessions[0]?.closed).toBe(true));
  });

  it('carries WebSockets by extended CONNECT, if it takes them', async () => {
    const { there } = await http2Upstream(
      (stream, { ':method': method, ':protocol': protocol }) => {
        expect([method, protocol]).toEqual(['CONNECT', 'websocket']);
        echo(stream);
      },
      { settings: { enableConnectProtocol: true } },
    );
    const { port } = await start(to(there));
    const made = client(port);
    made.write(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    await made.heard(/101 [^]*sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n[^]*\r\n\r\n/);
    made.write('bytes');
    await made.heard(/bytes$/);
    made.socket.end();
    await made.closed;
  });

  it('that takes no WebSockets is a 501 to the client that asks for one', async () => {
    const { there } = await http2Upstream(echo);
    const { port } = await start(to(there));
    const made = client(port);
    made.write(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    await made.heard(/^HTTP\/1.1 501 /);
  });

  it('has an instance and a status in the summary, like any other', async () => {
    const ended: RequestSummary[] = [];
    const { there } = await http2Upstream(echo);
    const { port } = await start(to(there), { onRequestEnd: (each) => ended.push(each) });
    await send(port, { method: 'POST', body: 'four' });
    await vi.waitFor(() => expect(ended).toHaveLength(1));
    expect(ended[0]).toMatchObject({
      status: 200,
      instance: there.key,
      requestBytes: 4,
      responseBytes: 4,
      isAborted: false,
    });
  });
});
