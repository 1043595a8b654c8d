import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../test/support/deferred.ts';
import type { Decide, ProxyOptions, RequestSummary } from '../src/proxy.ts';
import {
  rawClient,
  listen,
  refusingUpstream,
  rawServer,
  sendRequest,
  startProxy,
  forwardToEach,
  httpServer,
} from './harness.ts';
import { forwardBy, NO_UPSTREAM } from './decisions.ts';

const GET = 'GET /a?b HTTP/1.1\r\nHost: a.example\r\n\r\n';
const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** An engine, and what it has told. */
async function telling(decide: Decide, options: Partial<ProxyOptions> = {}) {
  const told: RequestSummary[] = [];
  let wake = deferred();
  const { port, engine } = await startProxy(decide, {
    ...options,
    onRequestEnd: (exchanged) => {
      told.push(exchanged);
      wake.resolve();
      wake = deferred();
    },
  });
  async function until(count: number): Promise<RequestSummary[]> {
    while (told.length < count) await wake.promise;
    return told;
  }
  return { port, engine, until };
}

describe('the summary of a request', () => {
  it('that succeeded', async () => {
    const there = await httpServer((request, response) => {
      request.resume().on('end', () => response.writeHead(201).end('hello'));
    });
    const { port, until } = await telling(({ target }) => {
      const left = [there];
      return forwardBy(() => left.shift(), target, '/v1');
    });
    const { write, heard } = rawClient(port);
    write(
      'POST /v1/x HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    );
    write('2\r\nde\r\n0\r\n\r\n');
    await heard(/hello/);
    const [one] = await until(1);
    expect(one).toMatchObject({
      method: 'POST',
      host: 'a.example',
      target: '/v1/x',
      client: '127.0.0.1',
      prefix: '/v1',
      instance: there.key,
      status: 201,
      isAborted: false,
      problem: undefined,
      requestBytes: 5,
      responseBytes: 5,
      traceparent: undefined,
    });
    expect(one?.upstreamMs).toBeGreaterThan(0);
    expect(one?.ms).toBeGreaterThan(one?.upstreamMs ?? Infinity);
  });

  it('that the proxy answered itself has the upstream tried last', async () => {
    const gone = await refusingUpstream();
    const { port, until } = await telling(forwardToEach(gone));
    const { body } = await sendRequest(port);
    const [one] = await until(1);
    expect(one).toMatchObject({
      status: 502,
      problem: 'upstream-failed',
      instance: gone.key,
      prefix: '',
      upstreamMs: undefined,
      responseBytes: body.length,
    });
  });

  it('that was not forwarded has its host and target', async () => {
    const { port, until } = await telling(() => ({
      type: 'answer',
      problem: NO_UPSTREAM,
      prefix: '/v1',
    }));
    await sendRequest(port, { method: 'HEAD' });
    const [one] = await until(1);
    expect(one).toMatchObject({ status: 503, prefix: '/v1', instance: undefined });
    expect(one?.responseBytes).toBe(0);
  });

  it.each([
    ['garbage', 'garbage\r\n\r\n', 'bad-request', ''],
    ['a method that is not known', 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n', 'not-implemented', ''],
    [
      'a body that cannot be read',
      `${GET.replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n')}x\r\n`,
      'bad-request',
      '/a?b',
    ],
  ])('of %s', async (_what, bytes, problem, target) => {
    const { port, until } = await telling(forwardToEach(await refusingUpstream()));
    const { write, all } = rawClient(port);
    write(bytes);
    await all;
    expect(await until(1)).toMatchObject([{ problem, target }]);
  });

  it('with an incomplete head', async () => {
    const { port, until } = await telling(forwardToEach(), { limits: { headMs: 50 } });
    rawClient(port).write('GET / HT');
    expect(await until(1)).toMatchObject([{ status: 408, problem: 'request-timeout', method: '' }]);
  });

  it('whose client disconnected before the response has the status 499', async () => {
    const asked = createServer();
    const { port, until } = await telling(forwardToEach(await listen(asked)));
    const { socket, write } = rawClient(port);
    write(GET);
    await once(asked, 'connection');
    socket.destroy();
    expect(await until(1)).toMatchObject([{ status: 499, isAborted: false, target: '/a?b' }]);
  });

  it('whose response was aborted', async () => {
    const half = await listen(
      createServer((socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')),
      ),
    );
    const { port, until } = await telling(forwardToEach(half));
    const { write, all } = rawClient(port);
    write(GET);
    await all;
    expect(await until(1)).toMatchObject([{ status: 200, isAborted: true, responseBytes: 4 }]);
  });

  it('that became a tunnel, when that ends', async () => {
    const there = await rawServer(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhi',
    );
    const { port, until } = await telling(forwardToEach(there));
    const { write, heard, socket } = rawClient(port);
    write('GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
    await heard(/hi$/);
    socket.end('hello');
    const told = await until(1);
    expect(told).toMatchObject([{ status: 101, isAborted: false, requestBytes: 5 }]);
    expect(told[0]?.responseBytes).toBeGreaterThanOrEqual(2);
  });

  it('is reported once for each request of a connection, in order, with its own id', async () => {
    const there = await httpServer((_request, response) => response.end('ok'));
    const { port, until } = await telling(forwardToEach(there));
    const { write, heard } = rawClient(port);
    write(GET + GET.replace('/a?b', '/c'));
    await heard(/ok[^]*ok/);
    const told = await until(2);
    expect(told.map(({ target }) => target)).toEqual(['/a?b', '/c']);
    expect(new Set(told.map(({ requestId }) => requestId)).size).toBe(2);
  });

  it.each([
    [PARENT, PARENT],
    [PARENT.replace('00-', '01-') + '-more', PARENT.replace('00-', '01-') + '-more'],
    [`${PARENT}-more`, undefined],
    [PARENT.replace('00-', 'ff-'), undefined],
    [PARENT.toUpperCase(), undefined],
    ['00-00000000000000000000000000000000-b7ad6b7169203331-01', undefined],
    ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', undefined],
  ])('has the trace parent if it is valid: %s', async (traceparent, wanted) => {
    const { port, until } = await telling(forwardToEach(await refusingUpstream()));
    await sendRequest(port, { headers: { traceparent } });
    expect((await until(1))[0]?.traceparent).toBe(wanted);
  });
});
