import { describe, expect, it } from 'vitest';
import type { RequestView } from '../src/proxy.ts';
import { client, refusingPort, send, serverSending, start, to, upstream } from './harness.ts';
import { forwardBy } from './decisions.ts';
import { http2Upstream } from './upstream/http2-server.ts';

/** An instance that answers with the head that reached it. */
const mirror = () => upstream((request, response) => response.end(JSON.stringify(request.headers)));

const isLocal = (address: string): boolean => address === '127.0.0.1';

async function reached(port: number, headers: Record<string, string> = {}) {
  const { body } = await send(port, { headers });
  return JSON.parse(body) as Record<string, string>;
}

describe('an upstream', () => {
  it('gets where a request comes from, and its id', async () => {
    const { port } = await start(to(await mirror()));
    const headers = await reached(port, { 'x-request-id': 'mine', 'x-forwarded-for': '6.6.6.6' });
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': `127.0.0.1:${port}`,
      'x-forwarded-port': String(port),
      'x-forwarded-proto': 'http',
      forwarded: `for=127.0.0.1;host="127.0.0.1:${port}";proto=http`,
    });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f]{24}-1$/);
    expect((await reached(port))['x-request-id']).toMatch(/-2$/);
  });

  it.each([false, true])('gets a Host of its own, by HTTP/2: %s', async (isHttp2) => {
    const { there: byHttp2 } = await http2Upstream((stream, headers) => {
      const { ':authority': host, ...others } = headers;
      stream.respond();
      stream.end(JSON.stringify({ ...others, hosts: [host, headers.host] }));
    });
    const byHttp1 = await upstream(({ headers, rawHeaders }, response) => {
      const hosts = rawHeaders.filter((_value, index) =>
        /^host$/i.test(rawHeaders[index - 1] ?? ''),
      );
      response.end(JSON.stringify({ ...headers, hosts }));
    });
    const there = { ...(isHttp2 ? byHttp2 : byHttp1), host: 'files.example.net' };
    const { port } = await start(to(there));
    const headers = await reached(port, { host: 'a.example.com' });
    expect(headers['hosts']).toEqual(isHttp2 ? ['files.example.net', null] : ['files.example.net']);
    expect(headers).toMatchObject({ 'x-forwarded-host': 'a.example.com' });
  });

  it('gets what a trusted proxy says about it', async () => {
    const { port } = await start(to(await mirror()), { isTrustedProxy: isLocal });
    const headers = await reached(port, { 'x-request-id': 'mine', 'x-forwarded-for': '192.0.2.1' });
    expect(headers).toMatchObject({
      'x-request-id': 'mine',
      'x-forwarded-for': '192.0.2.1, 127.0.0.1',
    });
  });

  it('gets the trace context as the client sent it', async () => {
    const { port } = await start(to(await mirror()));
    const sent = { traceparent: '00-abc', tracestate: 'a=1,b=2' };
    expect(await reached(port, sent)).toMatchObject(sent);
  });
});

describe('fields of requests with a `_` in their name', () => {
  const ALIAS = { x_forwarded_for: '6.6.6.6', user_id: '1' };

  it('are dropped, and each is counted, whether the head is another or the same', async () => {
    let dropped = 0;
    const { port } = await start(to(await mirror()), { onFieldDropped: () => dropped++ });
    const request =
      'GET / HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: 6.6.6.6\r\nCookie: a_b=c\r\n\r\n';
    const { write, heard } = client(port);
    write(request + request);
    const text = await heard(/a_b=c[^]*a_b=c/);
    expect(text).not.toContain('6.6.6.6');
    expect(dropped).toBe(2);
  });

  it('are dropped with a `.` in place of a `-` too, which PHP reads alike, and other names may have one', async () => {
    let dropped = 0;
    const { port } = await start(to(await mirror()), { onFieldDropped: () => dropped++ });
    const fields = {
      'x.forwarded.for': '6.6.6.6',
      'X.Forwarded-Proto': '6.6.6.6',
      'X.Real.IP': '6.6.6.6',
      'Content.Length': '6.6.6.6',
      'Transfer.Encoding': '6.6.6.6',
      'X.Forwarded_Host': '6.6.6.6',
    };
    const seen = await reached(port, { ...fields, 'User.Id': '1', Cookie: 'a.b=c' });
    expect(JSON.stringify(seen)).not.toContain('6.6.6.6');
    expect(seen).toMatchObject({ 'user.id': '1', cookie: 'a.b=c' });
    expect(dropped).toBe(6);
  });

  it('are passed on if they are allowed, from then on', async () => {
    const { port, proxy } = await start(to(await mirror()), { underscoresInHeaders: true });
    expect(await reached(port, ALIAS)).toMatchObject(ALIAS);
    proxy.configure({});
    expect(await reached(port, ALIAS)).not.toHaveProperty('user_id');
  });

  it('are dropped of a head that repeats, once they are not allowed any more', async () => {
    const { port, proxy } = await start(to(await mirror()), { underscoresInHeaders: true });
    const request = 'GET / HTTP/1.1\r\nHost: a\r\nUser_Id: 1\r\nX-N: n\r\n\r\n';
    const { write, heard } = client(port);
    write(request);
    expect(await heard(/"x-n":"n"[^]*\}/)).toContain('user_id');
    proxy.configure({});
    write(request);
    const both = await heard(/"x-n":"n"[^]*"x-n":"n"[^]*\}/);
    expect(both.match(/user_id/g)).toHaveLength(1);
  });

  it('of trailers of a response are passed on, as those of its head', async () => {
    const there = await serverSending(
      'HTTP/1.1 200 OK\r\nX_Head: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX_Sum: 2\r\n\r\n',
    );
    const { port } = await start(to(there));
    const { write, heard } = client(port);
    write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await heard(/\r\n0\r\n[^]*\r\n\r\n/)).toMatch(/X_Head: 1[^]*X_Sum: 2/);
  });
});

it('an upstream gets no Via if none is wanted', async () => {
  const { port, proxy } = await start(to(await mirror()), { via: false });
  expect(await reached(port)).not.toHaveProperty('via');
  expect(await reached(port, { via: '1.1 before' })).toMatchObject({ via: '1.1 before' });
  proxy.configure({});
  expect(await reached(port)).toMatchObject({ via: '1.1 gateway' });
});

it('an upstream gets what was stripped from the path, and not what was left on it', async () => {
  const there = await mirror();
  const route = (isStripped: boolean) =>
    start(({ target }) => ({ ...forwardBy(() => there, target, '/v1'), isStripped }));
  expect(await reached((await route(true)).port)).toMatchObject({ 'x-forwarded-prefix': '/v1' });
  expect(await reached((await route(false)).port)).not.toHaveProperty('x-forwarded-prefix');
});

it('a problem carries the id of its request', async () => {
  const { port } = await start(to(await refusingPort()), { isTrustedProxy: isLocal });
  const { body } = await send(port, { headers: { 'x-request-id': 'mine' } });
  expect(JSON.parse(body)).toMatchObject({ requestId: 'mine' });
});

const lookAt = (asked: RequestView): unknown[] => [
  asked.method,
  asked.clientAddress,
  ...['x-a', 'cookie', 'x-b'].map((name) => asked.field(name)),
];

it('a decision may look at method, fields and the client’s address', async () => {
  const seen: unknown[] = [];
  const there = await mirror();
  const { port } = await start(
    (request) => {
      seen.push(lookAt(request));
      return to(there)(request);
    },
    { isTrustedProxy: isLocal },
  );
  await send(port, {
    method: 'DELETE',
    headers: { 'X-A': '1', Cookie: 'c=d', 'X-Forwarded-For': '192.0.2.1' },
  });
  expect(seen).toEqual([['DELETE', '192.0.2.1', '1', 'c=d', undefined]]);
});
