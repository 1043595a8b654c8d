import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { ClientHttp2Session, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { connect as connectSecurely } from 'node:tls';
import { describe, expect, it, vi } from 'vitest';
import { ONE, TWO } from '../../../../test/support/certificates.ts';
import { deferred } from '../../../../test/support/deferred.ts';
import { hasCurl } from '../../../../test/support/available.ts';
import type { RequestSummary } from '../../src/proxy.ts';
import { ERROR, FLAG, FRAME } from '../../src/http2/frames.ts';
import { afterwards, start, to, unresponsiveServer, upstream } from '../harness.ts';
import { FrameClient, GET, POST, session } from '../http2-client.ts';
import { recording } from '../hazards/vectors.ts';

const run = promisify(execFile);

interface Answer {
  readonly headers: IncomingHttpHeaders & { ':status'?: number };
  readonly body: string;
  readonly trailers: IncomingHttpHeaders;
  readonly informational: readonly IncomingHttpHeaders[];
}

async function ask(
  client: ClientHttp2Session,
  headers: OutgoingHttpHeaders = {},
  body?: string | Buffer,
): Promise<Answer> {
  const request = client.request(headers, { endStream: body === undefined });
  let trailers: IncomingHttpHeaders = {};
  const informational: IncomingHttpHeaders[] = [];
  request.on('trailers', (each: IncomingHttpHeaders) => (trailers = each));
  request.on('headers', (each: IncomingHttpHeaders) => informational.push(each));
  if (body !== undefined) request.end(body);
  const [answered] = (await once(request, 'response')) as [IncomingHttpHeaders];
  return { headers: answered, body: await text(request), trailers, informational };
}

describe.each([
  ['with prior knowledge', {}],
  ['over TLS', { tls: { certificate: ONE } }],
])('a client of HTTP/2 %s', (_what, options) => {
  it('gets bodies of any size through in both directions, many at once', async () => {
    const there = await upstream((request, response) => void request.pipe(response));
    const { port } = await start(to(there), options);
    const client = session(port, options);
    const sizes = [0, 1, 4096, 4097, 100_000, 3_000_000];
    const bodies = sizes.map((size) => Buffer.alloc(size, 'no two 9 bytes'));
    const answers = await Promise.all(
      bodies.map((body) => ask(client, { ':method': 'POST', ':path': '/' }, body)),
    );
    for (const [index, { body }] of answers.entries()) expect(body).toBe(String(bodies[index]));
  });

  it('is forwarded as any, with Via 2', async () => {
    const { there, reached } = await recording();
    const { port } = await start(to(there), options);
    const { headers, body } = await ask(session(port, options), {
      ':path': '/a?b',
      cookie: ['a=1', 'b=2'],
      'x-a': 'c',
    });
    expect(body).toBe('ok');
    expect(headers).toMatchObject({ ':status': 200, 'content-length': '2' });
    expect(headers).not.toHaveProperty('connection');
    expect(reached).toMatchObject([
      {
        method: 'GET',
        url: '/a?b',
        headers: {
          host: `127.0.0.1:${port}`,
          cookie: 'a=1; b=2',
          'x-a': 'c',
          via: '2 gateway',
          'x-forwarded-proto': 'tls' in options ? 'https' : 'http',
          'x-forwarded-for': '127.0.0.1',
          'x-request-id': headers['x-request-id'],
        },
      },
    ]);
  });

  it('is served by HTTP/1.1 too on the same port', async () => {
    const { there } = await recording();
    const { port } = await start(to(there), options);
    const scheme = 'tls' in options ? 'https' : 'http';
    if (!hasCurl) return;
    const { stdout } = await run('curl', ['-ksi', '--http1.1', `${scheme}://127.0.0.1:${port}/`]);
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK[^]*ok$/);
  });

  it.runIf(hasCurl)('may be curl', async () => {
    const there = await upstream((request, response) => void request.pipe(response));
    const { port } = await start(to(there), options);
    const isSecure = 'tls' in options;
    const version = isSecure ? '--http2' : '--http2-prior-knowledge';
    const url = `${isSecure ? 'https' : 'http'}://127.0.0.1:${port}/`;
    const { stdout } = await run('curl', [
      '-ks',
      version,
      '-d',
      'hello',
      '-w',
      ' %{http_version}',
      url,
    ]);
    expect(stdout).toBe('hello 2');
  });
});

describe('a request by HTTP/2', () => {
  it('is summed up with its version', async () => {
    const summaries: RequestSummary[] = [];
    const { there } = await recording();
    const { port } = await start(to(there), { onRequestEnd: (each) => summaries.push(each) });
    await ask(session(port), { ':method': 'POST', ':path': '/x' }, 'hello');
    expect(summaries).toMatchObject([
      {
        httpVersion: '2',
        method: 'POST',
        target: '/x',
        status: 200,
        requestBytes: 5,
        responseBytes: 2,
      },
    ]);
  });

  it('whose body comes with its head has a length at the upstream, and may be sent again', async () => {
    let isFirst = true;
    const { there, reached } = await recording();
    const fails = await upstream((request) => {
      isFirst = false;
      request.socket.destroy();
    });
    const { port } = await start((view) => to(...(isFirst ? [fails, there] : [there]))(view));
    const one = new FrameClient(port);
    one.request(1, [[':method', 'PUT'], ...GET.slice(1)], false);
    one.data(1, 'hel', false);
    one.data(1, 'lo', true);
    expect(await one.status(1)).toBe('200');
    expect(reached).toMatchObject([{ body: 'hello', headers: { 'content-length': '5' } }]);
  });

  it('with HEAD, 204 and 304 has no body', async () => {
    const there = await upstream((request, response) => {
      response.writeHead(request.url === '/204' ? 204 : request.url === '/304' ? 304 : 200, {
        'content-length': 5,
      });
      response.end(request.method === 'HEAD' ? undefined : 'hello');
    });
    const { port } = await start(to(there));
    const client = session(port);
    const head = await ask(client, { ':method': 'HEAD', ':path': '/' });
    expect(head).toMatchObject({ body: '', headers: { ':status': 200, 'content-length': '5' } });
    expect(await ask(client, { ':path': '/304' })).toMatchObject({
      body: '',
      headers: { ':status': 304 },
    });
    const none = await ask(client, { ':path': '/204' });
    expect(none.headers[':status']).toBe(204);
    expect(none.headers).not.toHaveProperty('content-length');
  });

  it('gets 1xx, a 100 that it waits for, and trailers', async () => {
    const there = await upstream((request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      request.on('end', () => {
        response.writeHead(200, { trailer: 'x-sum' });
        response.write('body');
        response.addTrailers({ 'x-sum': '9' });
        response.end();
      });
      request.resume();
    });
    const { port } = await start(to(there));
    const request = session(port).request({
      ':method': 'POST',
      ':path': '/',
      expect: '100-continue',
    });
    const early: number[] = [];
    request.on('headers', (each: { ':status'?: number }) => early.push(each[':status'] ?? 0));
    let trailers: IncomingHttpHeaders = {};
    request.on('trailers', (each: IncomingHttpHeaders) => (trailers = each));
    await once(request, 'continue');
    request.end('hello');
    expect(await text(request)).toBe('body');
    expect(early).toContain(103);
    expect(trailers).toMatchObject({ 'x-sum': '9' });
  });

  it('passes trailers on where its route allows it', async () => {
    const { there, reached } = await recording();
    const { port } = await start((view) => ({ ...to(there)(view), passesTrailers: true }));
    const request = session(port).request(
      { ':method': 'POST', ':path': '/' },
      { waitForTrailers: true },
    );
    request.on('wantTrailers', () => request.sendTrailers({ 'x-sum': '9', authorization: 'x' }));
    request.end('hello');
    await text(request);
    expect(reached).toMatchObject([{ body: 'hello', trailers: { 'x-sum': '9' } }]);
    expect(reached[0]?.trailers).not.toHaveProperty('authorization');
  });

  it('that is answered before its body has come is reset, because the rest is not needed', async () => {
    const there = await upstream((_request, response) => response.end('early'));
    const { port } = await start(to(there));
    const one = new FrameClient(port);
    one.request(1, POST, false);
    await one.frame(FRAME.data, 1, ({ flags }) => (flags & FLAG.endStream) !== 0);
    expect(await one.reset(1)).toBe(ERROR.none);
    one.data(1, 'late', true);
    one.request(3, GET);
    expect(await one.status(3)).toBe('200');
  });

  it('releases its upstream when it is reset', async () => {
    const there = await unresponsiveServer();
    const { port, proxy } = await start(to(there));
    const request = session(port).request({ ':path': '/' });
    request.on('error', () => {});
    await vi.waitFor(() => expect([...proxy.pools()][0]?.[1].open).toBe(1));
    request.close(ERROR.cancel);
    await vi.waitFor(() => expect([...proxy.pools()][0]?.[1].open).toBe(0));
  });

  it('uploads no faster than its upstream takes it', async () => {
    const there = await upstream(async (request, response) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      request.resume().on('end', () => response.end('took it'));
    });
    const { port, proxy } = await start(to(there), { limits: { heldBytes: 8_000_000 } });
    const client = session(port);
    const { body } = await ask(
      client,
      { ':method': 'POST', ':path': '/' },
      Buffer.alloc(30_000_000),
    );
    expect(body).toBe('took it');
    expect(proxy.heavyClients).toBe(0);
  });
});

describe('a proxy that closes', () => {
  it('sends GOAWAY, and answers what is on its way', async () => {
    const answered = deferred();
    const there = await upstream((request, response) => {
      if (request.url === '/slow') void answered.promise.then(() => response.end('slow'));
      else response.end('quick');
    });
    const { port, proxy } = await start(to(there));
    const client = session(port);
    const slow = ask(client, { ':path': '/slow' });
    await vi.waitFor(() => expect([...proxy.pools()][0]?.[1].open).toBe(1));
    const wasTold = once(client, 'goaway');
    const closed = proxy.close(5000);
    await wasTold;
    answered.resolve();
    expect((await slow).body).toBe('slow');
    await closed;
  });

  it('serves what was sent before its GOAWAY was read', async () => {
    const { there } = await recording();
    const { port, proxy } = await start(to(there));
    const one = new FrameClient(port);
    await one.settled();
    const closed = proxy.close(5000);
    // The client has not read it yet.
    one.request(1, GET);
    expect(await one.status(1)).toBe('200');
    const [first, last] = await vi.waitFor(() => {
      const told = one.heard.filter(({ type }) => type === FRAME.goAway);
      expect(told).toHaveLength(2);
      return told;
    });
    expect(first?.payload.readUInt32BE(0)).toBe(2 ** 31 - 1);
    expect(last?.payload.readUInt32BE(0)).toBe(1);
    one.socket.end();
    await closed;
  });
});

it('a proxy with a certificate agrees on HTTP/2 before HTTP/1.1', async () => {
  const { port } = await start(to(), { tls: { certificate: ONE } });
  const agreed = async (ALPNProtocols?: string[]) => {
    const socket = connectSecurely({
      port,
      host: '127.0.0.1',
      ca: [ONE.cert, TWO.cert],
      ...(ALPNProtocols && { ALPNProtocols }),
    });
    afterwards(() => socket.destroy());
    await once(socket, 'secureConnect');
    return socket.alpnProtocol;
  };
  expect(await agreed(['http/1.1', 'h2'])).toBe('h2');
  expect(await agreed(['http/1.1'])).toBe('http/1.1');
  expect(await agreed()).toBe(false);
});
