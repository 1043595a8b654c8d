import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../test/support/deferred.ts';
import { createProxy } from '../src/create-proxy.ts';
import { NO_UPSTREAM } from './decisions.ts';
import { afterwards, refusingPort, send, start, to, upstream } from './harness.ts';

describe('the proxy', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    'forwards %s with its body',
    async (method) => {
      const echo = await upstream(async (request, response) => {
        response.setHeader('x-method', request.method ?? '');
        response.end(await text(request));
      });
      const { port } = await start(to(echo));
      const body = 'hello';
      const answer = await send(port, { method, body, headers: { 'content-length': '5' } });
      expect(answer).toMatchObject({ status: 200, body, headers: { 'x-method': method } });
    },
  );

  it('forwards the target byte for byte', async () => {
    const echo = await upstream((request, response) => response.end(request.url));
    const { port } = await start(to(echo));
    const path = '//a/%2E%2e/b;c?x=//y&z=%00&u=http://a//b';
    expect((await send(port, { path })).body).toBe(path);
  });

  it('passes status, reason and repeated header fields back', async () => {
    const there = await upstream((_request, response) => {
      response.writeHead(
        207,
        'Some Reason',
        [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
          ['x-a', 'b'],
        ].flat(),
      );
      response.end('x');
    });
    const { port } = await start(to(there));
    expect(await send(port)).toMatchObject({
      status: 207,
      headers: { 'set-cookie': ['a=1', 'b=2'], 'x-a': 'b' },
    });
  });

  it('streams: the first bytes of a response arrive while the request is still being sent', async () => {
    const echo = await upstream((request, response) => request.pipe(response));
    const { port } = await start(to(echo));
    const request = httpRequest({ port, host: '127.0.0.1', method: 'POST', agent: false });
    request.write('one');
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(String((await once(response, 'data'))[0])).toBe('one');
    request.write('two');
    expect(String((await once(response, 'data'))[0])).toBe('two');
    request.end();
    await once(response, 'end');
  });

  it('does not take in more of a response than the client reads', async () => {
    let sent = 0;
    const endless = await upstream((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = (): void => {
        do sent += chunk.length;
        while (response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    const { port } = await start(to(endless));
    const client = connect(port, '127.0.0.1');
    afterwards(() => client.destroy());
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    client.pause();
    // Buffers along the way fill up, and then it must stand still.
    let before = -1;
    await expect
      .poll(
        () => {
          const still = sent === before && sent > 0;
          before = sent;
          return still;
        },
        { interval: 200, timeout: 10_000 },
      )
      .toBe(true);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('reuses its connection to an upstream', async () => {
    const ports = new Set<number | undefined>();
    const there = await upstream((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('ok');
    });
    const { port } = await start(to(there));
    for (let count = 0; count < 5; count++) await send(port);
    expect(ports.size).toBe(1);
  });

  it('goes to the next upstream when one refuses connections, with the body', async () => {
    const echo = await upstream(
      async (request, response) => void response.end(await text(request)),
    );
    const unreachable: string[] = [];
    const { port } = await start(to(await refusingPort(), await refusingPort(), echo), {
      onUnreachable: (_upstream, verdict) => unreachable.push(verdict),
    });
    const answer = await send(port, { method: 'POST', body: 'kept' });
    expect(answer).toMatchObject({ status: 200, body: 'kept' });
    expect(unreachable).toEqual(['refused', 'refused']);
  });

  it('answers 502 as a problem when no upstream can be reached', async () => {
    const { port } = await start(to(await refusingPort(), await refusingPort()));
    const answer = await send(port, { method: 'POST', body: 'x' });
    expect(answer).toMatchObject({
      status: 502,
      headers: { 'content-type': 'application/problem+json' },
    });
    expect(JSON.parse(answer.body)).toMatchObject({ status: 502, code: 'upstream-failed' });
  });

  it('does not try another upstream once a request was sent', async () => {
    let asked = 0;
    const drops = await upstream((request) => {
      asked++;
      request.socket.destroy();
    });
    const other = await upstream((_request, response) => {
      asked++;
      response.end('other');
    });
    const { port } = await start(to(drops, other));
    expect((await send(port, { method: 'POST', body: 'x' })).status).toBe(502);
    expect(asked).toBe(1);
  });

  it('does not end a response cleanly that the upstream broke off', async () => {
    const breaks = await upstream((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    const { port } = await start(to(breaks));
    await expect(send(port)).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  });

  it('closes its connection to the upstream when the client has gone', async () => {
    const aborted = deferred();
    const there = await upstream((_request, response) => {
      response.write('begun');
      response.on('close', () => aborted.resolve());
    });
    const { port } = await start(to(there));
    const client = connect(port, '127.0.0.1');
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(client, 'data');
    client.destroy();
    await aborted.promise;
  });

  it('answers a problem, and closes where a body is left unread', async () => {
    const { port } = await start(() => ({
      type: 'answer',
      problem: NO_UPSTREAM,
    }));
    const answer = await send(port, { headers: { connection: 'keep-alive' } });
    expect(answer).toMatchObject({
      status: 503,
      headers: {
        'retry-after': '1',
        'content-type': 'application/problem+json',
      },
    });
    expect(answer.headers.connection).toBeUndefined();
    const client = connect(port, '127.0.0.1');
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nGET /x HTTP/1.1\r\n');
    expect(await text(client)).toMatch(/^HTTP\/1\.1 503 [^]*connection: close/i);
  });

  it.each([
    [
      'both Content-Length and Transfer-Encoding',
      'Content-Length: 3\r\nTransfer-Encoding: chunked',
    ],
    ['two Content-Lengths', 'Content-Length: 3\r\nContent-Length: 4'],
    ['a signed Content-Length', 'Content-Length: +3'],
    ['a space before a colon', 'Content-Length : 3'],
  ])('refuses %s', async (_what, headers) => {
    let reached = false;
    const there = await upstream((_request, response) => {
      reached = true;
      response.end();
    });
    const { port } = await start(to(there));
    const client = connect(port, '127.0.0.1');
    client.write(`POST / HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\nabc`);
    expect(await text(client)).toMatch(/^HTTP\/1\.1 400 /);
    expect(reached).toBe(false);
  });

  it('closes idle connections to an upstream that is released, and lets a request in flight finish', async () => {
    const arrived = deferred();
    const mayAnswer = deferred();
    const closed = deferred();
    const there = await upstream(async (request, response) => {
      request.socket.on('close', () => closed.resolve());
      arrived.resolve();
      await mayAnswer.promise;
      response.end('finished');
    });
    const { proxy, port } = await start(to(there));
    const answer = send(port);
    await arrived.promise;
    proxy.release(there);
    mayAnswer.resolve();
    expect((await answer).body).toBe('finished');
    await closed.promise;
  });

  it('finishes what is in flight when it closes, and accepts no more', async () => {
    const arrived = deferred();
    const mayAnswer = deferred();
    const there = await upstream(async (_request, response) => {
      arrived.resolve();
      await mayAnswer.promise;
      response.end('finished');
    });
    const { proxy, port } = await start(to(there));
    const answer = send(port);
    await arrived.promise;
    const closing = proxy.close(10_000);
    await expect(send(port)).rejects.toThrow(/ECONNREFUSED/);
    mayAnswer.resolve();
    expect((await answer).body).toBe('finished');
    await closing;
  });

  it('rejects with the error of Node if the port is taken', async () => {
    const { port } = await start(to());
    const second = createProxy({ decide: to(), pseudonym: 'second', onUnreachable: () => {} });
    await expect(second.listen(port, '127.0.0.1')).rejects.toMatchObject({
      code: 'EADDRINUSE',
      port,
    });
  });
});
