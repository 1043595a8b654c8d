import { describe, expect, it } from 'vitest';
import { client, serverSending, send, start, to, upstream } from './harness.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a response without a body', () => {
  it('is passed on as 304, with Content-Length and ETag, and the connection goes on', async () => {
    const there = await serverSending(
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 55\r\nETag: "x"\r\n\r\n',
    );
    const { port } = await start(to(there));
    const { write, heard } = client(port);
    write(GET);
    const head = await heard(/\r\n\r\n$/);
    expect(head).toMatch(/^HTTP\/1\.1 304 Not Modified\r\n/);
    expect(head).toMatch(/Content-Length: 55\r\n/);
    expect(head).toMatch(/ETag: "x"\r\n/);
    write(GET);
    await heard(/304[^]*304[^]*\r\n\r\n$/);
  });

  it('is passed on as 204, without the Content-Length that it must not have', async () => {
    const there = await serverSending(
      'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nX-A: b\r\n\r\n',
    );
    const { port } = await start(to(there));
    const { write, heard } = client(port);
    write(GET);
    const head = await heard(/\r\n\r\n$/);
    expect(head).toMatch(/^HTTP\/1\.1 204 No Content\r\n/);
    expect(head).toMatch(/X-A: b\r\n/);
    expect(head).not.toMatch(/Content-Length/i);
    write(GET);
    await heard(/204[^]*204[^]*\r\n\r\n$/);
  });

  it('is passed on to HEAD, with its Content-Length', async () => {
    const there = await upstream((_request, response) => {
      response.writeHead(200, { 'content-length': '55', etag: '"x"' });
      response.end();
    });
    const { port } = await start(to(there));
    const { write, heard } = client(port);
    write('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    const head = await heard(/\r\n\r\n$/);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*content-length: 55\r\n/);
    write(GET.replace('GET', 'HEAD'));
    await heard(/200[^]*200[^]*\r\n\r\n$/);
  });
});

describe('a response that is odd', () => {
  it('passes a reason phrase outside ASCII on, byte for byte', async () => {
    const reason = Buffer.from('日本').toString('latin1');
    const { port } = await start(
      to(await serverSending('HTTP/1.1 200 日本\r\nContent-Length: 2\r\n\r\nok')),
    );
    expect(await send(port)).toMatchObject({ status: 200, reason, body: 'ok' });
  });

  it.each([
    ['a reason of control characters', 'HTTP/1.1 200 a\u0001b\r\nContent-Length: 0\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n'],
    [
      'a control character in a field',
      'HTTP/1.1 200 OK\r\nX-A: a\u0001b\r\nContent-Length: 0\r\n\r\n',
    ],
    [
      'a switch of protocols that was not requested',
      'HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
    ],
  ])('becomes 502 for %s', async (_what, bytes) => {
    const { port } = await start(to(await serverSending(bytes)));
    const answer = await send(port);
    expect(answer).toMatchObject({ status: 502, reason: 'Bad Gateway' });
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'upstream-failed' });
  });
});
