import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../test/support/deferred.ts';
import { createProxy } from '../src/create-proxy.ts';
import { NO_UPSTREAM } from './decisions.ts';
import {
  afterwards,
  refusingUpstream,
  sendRequest,
  startProxy,
  forwardToEach,
  httpServer,
} from './harness.ts';

describe('the proxy', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    'forwards %s with its body',
    async (method) => {
      const echo = await httpServer(async (request, response) => {
        response.setHeader('x-method', request.method ?? '');
        response.end(await text(request));
      });
      const { port } = await startProxy(forwardToEach(echo));
      const body = 'hello';
      const answer = await sendRequest(port, { method, body, headers: { 'content-length': '5' } });
      expect(answer).toMatchObject({ status: 200, body, headers: { 'x-method': method } });
    },
  );

  it('forwards the target byte for byte', async () => {
    const echo = await httpServer((request, response) => response.end(request.url));
    const { port } = await startProxy(forwardToEach(echo));
    const path = '//a/%2E%2e/b;c?x=//y&z=%00&u=http://a//b';
    expect((await sendRequest(port, { path })).body).toBe(path);
  });

  it('returns status, reason and repeated fields', async () => {
    const there = await httpServer((_request, response) => {
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
    const { port } = await startProxy(forwardToEach(there));
    expect(await sendRequest(port)).toMatchObject({
      status: 207,
      headers: { 'set-cookie': ['a=1', 'b=2'], 'x-a': 'b' },
    });
  });

  it('streams: the first bytes of a response arrive while the request is still being sent', async () => {
    const echo = await httpServer((request, response) => request.pipe(response));
    const { port } = await startProxy(forwardToEach(echo));
    const request = httpRequest({ port, host: '127.0.0.1', method: 'POST', agent: false });
    request.write('one');
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(String((await once(response, 'data'))[0])).toBe('one');
    request.write('two');
    expect(String((await once(response, 'data'))[0])).toBe('two');
    request.end();
    await once(response, 'end');
  });

  it('does not read more of a response than the client reads', async () => {
    let sent = 0;
    const endless = await httpServer((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = (): void => {
        do sent += chunk.length;
        while (response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    const { port } = await startProxy(forwardToEach(endless));
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

  it('reuses its connection to an instance', async () => {
    const ports = new Set<number | undefined>();
    const there = await httpServer((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('ok');
    });
    const { port } = await startProxy(forwardToEach(there));
    for (let count = 0; count < 5; count++) await sendRequest(port);
    expect(ports.size).toBe(1);
  });

  it('uses the next instance if one refuses connections, with the body', async () => {
    const echo = await httpServer(
      async (request, response) => void response.end(await text(request)),
    );
    const unreachable: string[] = [];
    const { port } = await startProxy(
      forwardToEach(await refusingUpstream(), await refusingUpstream(), echo),
      {
        onUnreachable: (_upstream, verdict) => unreachable.push(verdict),
      },
    );
    const answer = await sendRequest(port, { method: 'POST', body: 'kept' });
    expect(answer).toMatchObject({ status: 200, body: 'kept' });
    expect(unreachable).toEqual(['refused', 'refused']);
  });

  it('answers 502 as a problem if no instance is reachable', async () => {
    const { port } = await startProxy(
      forwardToEach(await refusingUpstream(), await refusingUpstream()),
    );
    const answer = await sendRequest(port, { method: 'POST', body: 'x' });
    expect(answer).toMatchObject({
      status: 502,
      headers: { 'content-type': 'application/problem+json' },
    });
    expect(JSON.parse(answer.body)).toMatchObject({ status: 502, code: 'upstream-failed' });
  });

  it('does not try another instance after a request was sent', async () => {
    let asked = 0;
    const drops = await httpServer((request) => {
      asked++;
      request.socket.destroy();
    });
    const other = await httpServer((_request, response) => {
      asked++;
      response.end('other');
    });
    const { port } = await startProxy(forwardToEach(drops, other));
    expect((await sendRequest(port, { method: 'POST', body: 'x' })).status).toBe(502);
    expect(asked).toBe(1);
  });

  it('does not end a response cleanly that the instance aborted', async () => {
    const breaks = await httpServer((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    const { port } = await startProxy(forwardToEach(breaks));
    await expect(sendRequest(port)).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  });

  it('aborts the request to the instance when the client disconnects', async () => {
    const aborted = deferred();
    const there = await httpServer((_request, response) => {
      response.write('begun');
      response.on('close', () => aborted.resolve());
    });
    const { port } = await startProxy(forwardToEach(there));
    const client = connect(port, '127.0.0.1');
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(client, 'data');
    client.destroy();
    await aborted.promise;
  });

  it('answers a problem, and closes if the body is unread', async () => {
    const { port } = await startProxy(() => ({
      type: 'answer',
      problem: NO_UPSTREAM,
    }));
    const answer = await sendRequest(port, { headers: { connection: 'keep-alive' } });
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
    const there = await httpServer((_request, response) => {
      reached = true;
      response.end();
    });
    const { port } = await startProxy(forwardToEach(there));
    const client = connect(port, '127.0.0.1');
    client.write(`POST / HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\nabc`);
    expect(await text(client)).toMatch(/^HTTP\/1\.1 400 /);
    expect(reached).toBe(false);
  });

  it('closes idle connections to a released instance, and finishes a request in flight', async () => {
    const arrived = deferred();
    const mayAnswer = deferred();
    const closed = deferred();
    const there = await httpServer(async (request, response) => {
      request.socket.on('close', () => closed.resolve());
      arrived.resolve();
      await mayAnswer.promise;
      response.end('finished');
    });
    const { engine, port } = await startProxy(forwardToEach(there));
    const answer = sendRequest(port);
    await arrived.promise;
    engine.release(there);
    mayAnswer.resolve();
    expect((await answer).body).toBe('finished');
    await closed.promise;
  });

  it('finishes requests in flight when it closes, and accepts no more', async () => {
    const arrived = deferred();
    const mayAnswer = deferred();
    const there = await httpServer(async (_request, response) => {
      arrived.resolve();
      await mayAnswer.promise;
      response.end('finished');
    });
    const { engine, port } = await startProxy(forwardToEach(there));
    const answer = sendRequest(port);
    await arrived.promise;
    const closing = engine.close(10_000);
    await expect(sendRequest(port)).rejects.toThrow(/ECONNREFUSED/);
    mayAnswer.resolve();
    expect((await answer).body).toBe('finished');
    await closing;
  });

  it('names a port in use', async () => {
    const { port } = await startProxy(forwardToEach());
    const second = createProxy({
      decide: forwardToEach(),
      pseudonym: 'second',
      onUnreachable: () => {},
    });
    await expect(second.listen(port, '127.0.0.1')).rejects.toMatchObject({
      code: 'EADDRINUSE',
      port,
    });
  });
});
