import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../test/support/deferred.ts';
import type { Upstream } from '../src/proxy.ts';
import { client, serverSending, send, start, to, upstream } from './harness.ts';

/** No two places of it are alike. */
const BIG = Buffer.alloc(24 * 1024 * 1024);
for (let at = 0; at < BIG.length; at += 4) BIG.writeUInt32LE(at, at);
const HASH = createHash('sha256').update(BIG).digest('hex');

/** So small that several are under way before a sender is made to wait, and each is read alone. */
class Slices extends Readable {
  sent = 0;

  override _read(): void {
    setImmediate(() => {
      this.push(this.sent < BIG.length ? BIG.subarray(this.sent, this.sent + 9000) : null);
      this.sent += 9000;
    });
  }

  /** Resolves when no more of it is read. */
  async stands(): Promise<void> {
    for (let before = -1; before !== this.sent; await sleep(200)) before = this.sent;
  }
}

async function hashOf(body: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of body as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}

describe('the proxy, at its edges', () => {
  it.each([
    [
      '304 with the length that a 200 would have',
      '304 Not Modified\r\nETag: "x"\r\nContent-Length: 9\r\n\r\n',
      304,
    ],
    ['204 with a length', '204 No Content\r\nContent-Length: 5\r\n\r\n', 204],
    ['a reason that is no Latin-1', '200 日本\r\nContent-Length: 2\r\n\r\nok', 200],
    ['no reason', '200 \r\nContent-Length: 2\r\n\r\nok', 200],
    ['a status below 100', '099 x\r\nContent-Length: 0\r\n\r\n', 502],
    [
      'a header value that may not be passed on',
      '200 OK\r\nX-A: a\u0001b\r\nContent-Length: 0\r\n\r\n',
      502,
    ],
    [
      'a switch of protocols that was not requested',
      '101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
      502,
    ],
  ])('answers a client whose upstream answers %s', async (_what, bytes, status) => {
    const { port } = await start(to(await serverSending(`HTTP/1.1 ${bytes}`)));
    const answer = await send(port);
    expect(answer.status).toBe(status);
    if (status === 304)
      expect(answer.headers).toMatchObject({ etag: '"x"', 'content-length': '9' });
    if (status === 204) expect(answer.headers).not.toHaveProperty('content-length');
    if (status === 200) expect(answer.body).toBe('ok');
    if (status === 502) expect(JSON.parse(answer.body)).toMatchObject({ code: 'upstream-failed' });
  });

  it('passes the response to HEAD on, with its length and without a body', async () => {
    const there = await upstream((_request, response) => {
      response.setHeader('content-length', '5').end('hello');
    });
    const { port } = await start(to(there));
    expect(await send(port, { method: 'HEAD' })).toMatchObject({
      status: 200,
      headers: { 'content-length': '5' },
      body: '',
    });
  });

  it('gives a client that is still sending a response that came early, and closes', async () => {
    const early = await upstream((_request, response) => {
      response.writeHead(413).end('too large');
    });
    const { port } = await start(to(early));
    const { write, heard, closed } = client(port);
    write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1000)}`);
    expect(await heard(/too large/)).toMatch(/^HTTP\/1\.1 413 [^]*connection: close/i);
    await closed;
  });

  it('does not wait for idle clients when it closes', async () => {
    const there = await upstream((_request, response) => response.end('ok'));
    const { proxy, port } = await start(to(there));
    const silent = connect(port, '127.0.0.1');
    const kept = connect(port, '127.0.0.1');
    kept.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(kept, 'data');
    const gone = Promise.all([once(silent, 'close'), once(kept, 'close')]);
    silent.resume();
    kept.resume();
    await proxy.close(3_600_000);
    await gone;
  });

  it('announces the close to a client with the response under way', async () => {
    const arrived = deferred();
    const mayAnswer = deferred();
    const there = await upstream(async (_request, response) => {
      arrived.resolve();
      await mayAnswer.promise;
      response.end('finished');
    });
    const { proxy, port } = await start(to(there));
    const client = connect(port, '127.0.0.1');
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const answer = text(client);
    await arrived.promise;
    const closing = proxy.close(3_600_000);
    mayAnswer.resolve();
    expect(await answer).toMatch(/connection: close[^]*finished/i);
    await closing;
  });

  it('may release an upstream after it has closed', async () => {
    const there = await upstream((_request, response) => response.end('ok'));
    const { proxy, port } = await start(to(there));
    await send(port);
    await proxy.close(0);
    proxy.release(there);
  });

  it('ends a request that has been here before', async () => {
    const itself: Upstream[] = [];
    const { port } = await start((...asked) => to(...itself)(...asked));
    itself.push({ key: 'self', address: '127.0.0.1', port });
    const answer = await send(port);
    expect(answer.status).toBe(508);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'loop' });
  });

  it.each([
    ['no Host', ''],
    ['two', 'Host: a\r\nHost: b\r\n'],
  ])('refuses a request with %s', async (_what, hosts) => {
    let reached = false;
    const there = await upstream((_request, response) => {
      reached = true;
      response.end();
    });
    const { port } = await start(to(there));
    const client = connect(port, '127.0.0.1');
    client.write(`GET / HTTP/1.1\r\n${hosts}Connection: close\r\n\r\n`);
    expect(await text(client)).toMatch(/^HTTP\/1\.1 400 /);
    expect(reached).toBe(false);
  });

  it('gives a client that stops reading for a while every byte of a large response', async () => {
    const slices = new Slices();
    const there = await upstream((_request, response) => {
      response.setHeader('content-length', BIG.length);
      slices.pipe(response);
    });
    const { port } = await start(to(there));
    const request = httpRequest({ port, host: '127.0.0.1', agent: false }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    await slices.stands();
    expect(await hashOf(response)).toBe(HASH);
  });

  it.each([
    ['with a length', { 'content-length': String(BIG.length) }],
    ['chunked', { 'transfer-encoding': 'chunked' }],
  ])(
    'gives an upstream that stops reading for a while every byte of a large body, %s',
    async (_what, headers) => {
      const slices = new Slices();
      const there = await upstream(async (request, response) => {
        await slices.stands();
        response.end(await hashOf(request));
      });
      const { port } = await start(to(there));
      const request = httpRequest({
        port,
        host: '127.0.0.1',
        agent: false,
        method: 'POST',
        headers,
      });
      slices.pipe(request);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      expect(await text(response)).toBe(HASH);
    },
  );
});
