import { describe, expect, it } from 'vitest';
import {
  rawClient,
  rawServer,
  sendRequest,
  startProxy,
  forwardToEach,
  httpServer,
} from './harness.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a response without a body', () => {
  it('is forwarded as 304, with Content-Length and ETag, on a connection that stays open', async () => {
    const there = await rawServer(
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 55\r\nETag: "x"\r\n\r\n',
    );
    const { port } = await startProxy(forwardToEach(there));
    const { write, heard } = rawClient(port);
    write(GET);
    const head = await heard(/\r\n\r\n$/);
    expect(head).toMatch(/^HTTP\/1\.1 304 Not Modified\r\n/);
    expect(head).toMatch(/Content-Length: 55\r\n/);
    expect(head).toMatch(/ETag: "x"\r\n/);
    write(GET);
    await heard(/304[^]*304[^]*\r\n\r\n$/);
  });

  it('is forwarded as 204, without Content-Length', async () => {
    const there = await rawServer('HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nX-A: b\r\n\r\n');
    const { port } = await startProxy(forwardToEach(there));
    const { write, heard } = rawClient(port);
    write(GET);
    const head = await heard(/\r\n\r\n$/);
    expect(head).toMatch(/^HTTP\/1\.1 204 No Content\r\n/);
    expect(head).toMatch(/X-A: b\r\n/);
    expect(head).not.toMatch(/Content-Length/i);
    write(GET);
    await heard(/204[^]*204[^]*\r\n\r\n$/);
  });

  it('is forwarded to HEAD, with its Content-Length', async () => {
    const there = await httpServer((_request, response) => {
      response.writeHead(200, { 'content-length': '55', etag: '"x"' });
      response.end();
    });
    const { port } = await startProxy(forwardToEach(there));
    const { write, heard } = rawClient(port);
    write('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    const head = await heard(/\r\n\r\n$/);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*content-length: 55\r\n/);
    write(GET.replace('GET', 'HEAD'));
    await heard(/200[^]*200[^]*\r\n\r\n$/);
  });
});

describe('an unusual response', () => {
  it('is forwarded with a reason phrase outside ASCII, byte for byte', async () => {
    const reason = Buffer.from('日本').toString('latin1');
    const { port } = await startProxy(
      forwardToEach(await rawServer('HTTP/1.1 200 日本\r\nContent-Length: 2\r\n\r\nok')),
    );
    expect(await sendRequest(port)).toMatchObject({ status: 200, reason, body: 'ok' });
  });

  it.each([
    ['a reason of control characters', 'HTTP/1.1 200 a\u0001b\r\nContent-Length: 0\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n'],
    [
      'a control character in a field',
      'HTTP/1.1 200 OK\r\nX-A: a\u0001b\r\nContent-Length: 0\r\n\r\n',
    ],
    [
      'a switch of protocols that nobody asked for',
      'HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
    ],
  ])('becomes 502 for %s', async (_what, bytes) => {
    const { port } = await startProxy(forwardToEach(await rawServer(bytes)));
    const answer = await sendRequest(port);
    expect(answer).toMatchObject({ status: 502, reason: 'Bad Gateway' });
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'upstream-failed' });
  });
});
