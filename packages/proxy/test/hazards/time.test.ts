import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/deferred.ts';
import { NO_UPSTREAM } from '../decisions.ts';
import {
  rawClient,
  fullBacklogServer,
  sendRequest,
  startProxy,
  forwardToEach,
  httpServer,
} from '../harness.ts';
import { afterwards, recordingServer, scriptedServer } from './vectors.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n';

describe('a slow client', () => {
  it('sending its head: 408, even if bytes keep coming', async () => {
    const { port } = await startProxy(forwardToEach(), { limits: { headMs: 300 } });
    const { write, all } = rawClient(port);
    write('GET / HTTP/1.1\r\nHost: a\r\nX-A: ');
    const drip = setInterval(() => write('x'), 50);
    afterwards(() => clearInterval(drip));
    expect(await all).toMatch(/^HTTP\/1\.1 408 [^]*"code":"request-timeout"/);
  });
  it('sending its body: 408, and the upstream is released', async () => {
    const gone = deferred();
    const there = await httpServer((request) => request.on('close', () => gone.resolve()).resume());
    const { port } = await startProxy(forwardToEach(there), { limits: { requestBodyMs: 100 } });
    const { write, all } = rawClient(port);
    write(`${POST}ab`);
    expect(await all).toMatch(/^HTTP\/1\.1 408 /);
    await gone.promise;
  });
  it('sending nothing: closed without a response', async () => {
    const { there } = await recordingServer();
    const { port } = await startProxy(forwardToEach(there), { limits: { idleMs: 100 } });
    const silent = rawClient(port);
    const kept = rawClient(port);
    kept.write(GET);
    await kept.heard(/ok$/);
    expect(await silent.all).toBe('');
    expect(await kept.all).toMatch(/ok$/);
  });
  it('reading: closed, and the upstream is released', async () => {
    const gone = deferred();
    const there = await httpServer((_request, response) => {
      response.on('close', () => gone.resolve());
      response.write(Buffer.alloc(32 * 1024 * 1024));
    });
    const { port, engine } = await startProxy(forwardToEach(there), {
      limits: { answerBodyMs: 100 },
    });
    const { socket, write } = rawClient(port);
    write(GET);
    socket.pause();
    await gone.promise;
    await engine.close(3_600_000);
  });
  it('does not affect other clients', async () => {
    const { there } = await recordingServer();
    const { port } = await startProxy(forwardToEach(there));
    for (let count = 0; count < 500; count++) rawClient(port).write('GET / HTTP/1.1\r\nHost');
    expect((await sendRequest(port)).status).toBe(200);
  });
});

describe('an address with too many connections', () => {
  it('gets those beyond the limit refused, until others close', async () => {
    const { there } = await recordingServer();
    const { port } = await startProxy(forwardToEach(there), {
      limits: { connectionsPerAddress: 2 },
    });
    const first = rawClient(port);
    const second = rawClient(port);
    first.write(GET);
    second.write(GET);
    await Promise.all([first.heard(/ok$/), second.heard(/ok$/)]);
    expect(await rawClient(port).all).not.toContain('HTTP');
    first.socket.destroy();
    await expect
      .poll(() =>
        sendRequest(port).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });
});

describe('a slow upstream', () => {
  it('responding: 504', async () => {
    const there = await httpServer((request) => afterwards(() => request.socket.destroy()));
    const { port } = await startProxy(forwardToEach(there), { limits: { answerMs: 100 } });
    const answer = await sendRequest(port);
    expect(answer.status).toBe(504);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'upstream-timeout' });
  });
  it('sending the rest of its response: never a clean end', async () => {
    const there = await scriptedServer(() => ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok']);
    const { port } = await startProxy(forwardToEach(there), { limits: { answerBodyMs: 100 } });
    const { write, all } = rawClient(port);
    write(GET);
    expect(await all).toMatch(/ok.*closed by a reset$/);
  });
  it('reading the body: 504', async () => {
    const there = await httpServer((request) => {
      request.pause();
      afterwards(() => request.socket.destroy());
    });
    const { port } = await startProxy(forwardToEach(there), { limits: { requestBodyMs: 100 } });
    const { socket, write, heard } = rawClient(port);
    write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n');
    socket.write(Buffer.alloc(32 * 1024 * 1024));
    expect(await heard(/HTTP/)).toMatch(/^HTTP\/1\.1 504 /);
  });
  it('accepting the connection: another is tried', async () => {
    const { there } = await recordingServer();
    const verdicts: string[] = [];
    const { port } = await startProxy(forwardToEach(await fullBacklogServer(), there), {
      limits: { connectMs: 100 },
      onUnreachable: ({ key }, verdict) => verdicts.push(`${key} ${verdict}`),
    });
    expect((await sendRequest(port, { method: 'POST', body: 'x' })).status).toBe(200);
    expect(verdicts).toEqual(['deaf failed']);
  });
});

describe('a body that is too large', () => {
  const limits = { bodyBytes: 4 };
  it('by its length: 413, before an instance is asked', async () => {
    const { there, reached } = await recordingServer();
    const { port } = await startProxy(forwardToEach(there), { limits });
    const { write, heard } = rawClient(port);
    write(`${POST}hello`);
    expect(await heard(/\}$/)).toMatch(/^HTTP\/1\.1 413 [^]*"code":"body-too-large"/);
    expect(reached).toEqual([]);
  });
  it('as it arrives: 413, and the upstream is released', async () => {
    const gone = deferred();
    const there = await httpServer((request) => request.on('close', () => gone.resolve()).resume());
    const { port } = await startProxy(forwardToEach(there), { limits });
    const { write, all } = rawClient(port);
    write('POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 20));
    write('5\r\nhello\r\n');
    expect(await all).toMatch(/^HTTP\/1\.1 413 /);
    await gone.promise;
  });
});

/** An instance that counts its connections. */
async function countingServer(onData: (socket: Socket) => void) {
  let open = 0;
  const there = await httpServer((request, response) => {
    open++;
    request.socket.once('close', () => open--);
    request.on('error', () => {});
    response.on('error', () => {});
    onData(request.socket);
    response.write('begun');
  });
  return { there, open: () => open };
}

describe('a client that disconnects', () => {
  it('while downloading: the upstream is released at once, each of 300 times', async () => {
    const { there, open } = await countingServer(() => {});
    const { port } = await startProxy(forwardToEach(there));
    for (let count = 0; count < 300; count++) {
      const { socket, write, heard } = rawClient(port);
      write(GET);
      await heard(/begun/);
      socket.destroy();
    }
    await expect.poll(open).toBe(0);
  });
  it('while uploading: the upstream is released at once, each of 300 times', async () => {
    const begun: (() => void)[] = [];
    const { there, open } = await countingServer(() => begun.shift()?.());
    const { port } = await startProxy(forwardToEach(there));
    for (let count = 0; count < 300; count++) {
      const arrived = deferred();
      begun.push(() => arrived.resolve());
      const { socket, write } = rawClient(port);
      write(`${POST}ab`);
      await arrived.promise;
      if (count % 2 === 0) socket.destroy();
      else socket.resetAndDestroy();
    }
    await expect.poll(open).toBe(0);
  });
  it('before the connection to the upstream: no request is sent', async () => {
    const { there, reached } = await recordingServer();
    const { port } = await startProxy(forwardToEach(there));
    const { socket, write, closed } = rawClient(port);
    await once(socket, 'connect');
    write(GET);
    socket.resetAndDestroy();
    await closed;
    expect((await sendRequest(port)).status).toBe(200);
    expect(reached.length).toBeLessThanOrEqual(2);
  });
});

describe('a client that sends requests and does not read', () => {
  it('has to wait before its next requests are read', async () => {
    let asked = 0;
    const there = await httpServer((_request, response) => {
      asked++;
      response.end(Buffer.alloc(1024 * 1024));
    });
    const { port } = await startProxy(forwardToEach(there));
    const { socket } = rawClient(port);
    socket.pause();
    socket.write(GET.repeat(500));
    await expect.poll(() => [asked, asked].every((each) => each > 0), { timeout: 5000 }).toBe(true);
    let before = -1;
    await expect
      .poll(
        () => {
          const stands = before === asked;
          before = asked;
          return stands;
        },
        { interval: 200, timeout: 10_000 },
      )
      .toBe(true);
    expect(asked).toBeLessThan(50);
  });
  it('is answered in order, thousands of times', async () => {
    const { port } = await startProxy(() => ({
      type: 'answer',
      problem: NO_UPSTREAM,
    }));
    const { write, heard } = rawClient(port);
    write(`${GET.repeat(3000)}GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    const all = await heard(/connection: close\r\n\r\n\{.*\}$/);
    expect(all.match(/HTTP\/1\.1 503 /g)).toHaveLength(3001);
  });
});
