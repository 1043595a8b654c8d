import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { MemorySocket } from './hazards/memory-socket.ts';
import { deferred } from '../../../test/support/deferred.ts';
import {
  afterwards,
  client,
  listen,
  refusingPort,
  serverSending,
  send,
  start,
  to,
  upstream,
} from './harness.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
/** Longer than a test may take: a test that waits for the grace fails. */
const NEVER_MS = 3_600_000;

/** An instance that answers when the test releases it. */
async function slow() {
  const arrived = deferred();
  const mayAnswer = deferred();
  const there = await upstream(async (_request, response) => {
    arrived.resolve();
    await mayAnswer.promise;
    response.end('finished');
  });
  return { there, arrived: arrived.promise, answer: () => mayAnswer.resolve() };
}

describe('closing the proxy', () => {
  it('does not wait for connections that sent nothing, a request before, or half a request', async () => {
    const there = await upstream((_request, response) => response.end('ok'));
    const { proxy, port } = await start(to(there));
    const silent = client(port);
    await once(silent.socket, 'connect');
    const half = client(port);
    half.write('GET / HTTP/1.1\r\n');
    const idle = client(port);
    idle.write(GET);
    // Once it has its answer, the proxy has accepted the two that came before.
    await idle.heard(/ok/);
    await proxy.close(NEVER_MS);
    await Promise.all([silent.closed, half.closed, idle.closed]);
  });

  it('announces the close with the response that is under way, and closes after it', async () => {
    const { there, arrived, answer } = await slow();
    const { proxy, port } = await start(to(there));
    const asking = client(port);
    asking.write(GET);
    await arrived;
    const closing = proxy.close(NEVER_MS);
    answer();
    expect(await asking.heard(/finished/)).toMatch(/^connection: close\r$/im);
    await closing;
  });

  it('closes after a response whose head had not announced it', async () => {
    const begun = deferred();
    const mayEnd = deferred();
    const there = await upstream(async (_request, response) => {
      response.write('begun');
      begun.resolve();
      await mayEnd.promise;
      response.end('finished');
    });
    const { proxy, port } = await start(to(there));
    const asking = client(port);
    asking.write(GET);
    expect(await asking.heard(/begun/)).not.toMatch(/^connection:/im);
    const closing = proxy.close(NEVER_MS);
    mayEnd.resolve();
    await asking.heard(/finished\r\n0\r\n\r\n$/);
    await closing;
  });

  it('serves a busy client until the response that announces the close', async () => {
    const there = await upstream((_request, response) => response.end('ok'));
    const { proxy, port } = await start(to(there));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = async () => {
      const request = httpRequest({ port, host: '127.0.0.1', agent }).end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      return { connection: response.headers.connection, body: await text(response) };
    };
    expect(await ask()).toEqual({ connection: undefined, body: 'ok' });
    await proxy.close(NEVER_MS);
    await expect(ask()).rejects.toThrow(/ECONNREFUSED|ECONNRESET|hang up/);
    agent.destroy();
  });

  it('resets what is left when the grace period is over', async () => {
    const { there, arrived } = await slow();
    const { proxy, port } = await start(to(there));
    const asking = client(port);
    asking.write(GET);
    await arrived;
    await proxy.close(1);
    await asking.closed;
  });

  it('resets a client that does not close its side', async () => {
    const { proxy, port } = await start(to(await refusingPort()));
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    afterwards(() => socket.destroy());
    socket.on('error', () => {}).write('garbage\r\n\r\n');
    await once(socket.resume(), 'end');
    await proxy.close(1);
  });

  it('may release an upstream afterwards', async () => {
    const there = await upstream((_request, response) => response.end('ok'));
    const { proxy, port } = await start(to(there));
    await send(port);
    await proxy.close(0);
    proxy.release(there);
    await proxy.close(0);
  });
});

describe('a response that comes before the request is complete', () => {
  const HEAD = 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n';

  it.each([
    [
      'the instance',
      async () =>
        to(
          await upstream((_request, response) =>
            response.writeHead(413, { 'content-length': '3' }).end('big'),
          ),
        ),
      /^HTTP\/1\.1 413 [^]*connection: close\r\n[^]*big$/i,
    ],
    [
      'an instance that closes',
      async () =>
        to(
          await serverSending(
            'HTTP/1.1 413 x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig',
          ),
        ),
      /^HTTP\/1\.1 413 [^]*connection: close\r\n[^]*big$/i,
    ],
    [
      'the proxy',
      async () => to(await refusingPort()),
      /^HTTP\/1\.1 502 [^]*connection: close\r\n/i,
    ],
  ])(
    'is read by a client that sends all first, when it is from %s',
    async (_who, decide, wanted) => {
      const { port } = await start(await decide());
      const { socket, write, heard, closed } = client(port);
      let failed: Error | undefined;
      socket.on('error', (error) => (failed = error));
      write(`${HEAD}${'x'.repeat(1000)}`);
      await heard(wanted);
      socket.pause();
      // More than all buffers hold: that it can be written shows that it is read.
      await new Promise((resolve) => socket.write('x'.repeat(999_000), resolve));
      socket.resume();
      await closed;
      expect(failed).toBeUndefined();
    },
  );

  it('is the last on its connection', async () => {
    let asked = 0;
    const there = await upstream((_request, response) => {
      asked++;
      response.writeHead(413, { 'content-length': '3' }).end('big');
    });
    const { port } = await start(to(there));
    const { write, heard, closed } = client(port);
    write(`${HEAD}${'x'.repeat(1000)}`);
    await heard(/big$/);
    write('x'.repeat(999_000) + GET);
    await closed;
    expect(asked).toBe(1);
  });

  it('leaves no connection on which the next request would wait behind the body', async () => {
    const isRead = [false, true];
    const server = createServer((socket) => {
      afterwards(() => socket.destroy());
      socket
        .on('error', () => {})
        .once('data', () => {
          if (isRead.shift() === false) socket.pause();
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        });
    });
    const { proxy, port } = await start(to(await listen(server)));
    const sending = new MemorySocket();
    proxy.serve(sending);
    const length = 64 * 1024 * 1024;
    sending.say(
      `PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`,
    );
    expect(await sending.statuses(1)).toEqual([200]);
    const { write, heard } = client(port);
    write(GET);
    await heard(/ok$/);
  });
});
