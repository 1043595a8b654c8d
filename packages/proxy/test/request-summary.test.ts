import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../test/support/deferred.ts';
import type { Decide, ProxyOptions, RequestSummary } from '../src/proxy.ts';
import {
  client,
  listen,
  refusingPort,
  serverSending,
  send,
  start,
  to,
  upstream,
} from './harness.ts';
import { forwardBy, NO_UPSTREAM } from './decisions.ts';

const GET = 'GET /a?b HTTP/1.1\r\nHost: a.example\r\n\r\n';
const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** A proxy, and the summaries that it has reported. */
async function telling(decide: Decide, options: Partial<ProxyOptions> = {}) {
  const summaries: RequestSummary[] = [];
  let wake = deferred();
  const { port, proxy } = await start(decide, {
    ...options,
    onRequestEnd: (exchanged) => {
      summaries.push(exchanged);
      wake.resolve();
      wake = deferred();
    },
  });
  async function until(count: number): Promise<RequestSummary[]> {
    while (summaries.length < count) await wake.promise;
    return summaries;
  }
  return { port, proxy, until };
}

describe('the summary of a request', () => {
  it('that was forwarded', async () => {
    const there = await upstream((request, response) => {
      request.resume().on('end', () => response.writeHead(201).end('hello'));
    });
    const { port, until } = await telling(({ target }) => {
      const left = [there];
      return forwardBy(() => left.shift(), target, '/v1');
    });
    const { write, heard } = client(port);
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
      route: '/v1',
      instance: there.key,
      status: 201,
      isAborted: false,
      problem: undefined,
      consumer: undefined,
      requestBytes: 5,
      responseBytes: 5,
      traceparent: undefined,
    });
    expect(one?.upstreamMs).toBeGreaterThan(0);
    expect(one?.ms).toBeGreaterThan(one?.upstreamMs ?? Infinity);
  });

  it('that the proxy answered, with the upstream that was tried last', async () => {
    const gone = await refusingPort();
    const { port, until } = await telling(to(gone));
    const { body } = await send(port);
    const [one] = await until(1);
    expect(one).toMatchObject({
      status: 502,
      problem: 'upstream-failed',
      instance: gone.key,
      route: '',
      upstreamMs: undefined,
      responseBytes: body.length,
    });
  });

  it('that was not forwarded, with the name of its route', async () => {
    const { port, until } = await telling(() => ({
      type: 'answer',
      problem: NO_UPSTREAM,
      route: '/v1',
    }));
    await send(port, { method: 'HEAD' });
    const [one] = await until(1);
    expect(one).toMatchObject({ status: 503, route: '/v1', instance: undefined });
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
    const { port, until } = await telling(to(await refusingPort()));
    const { write, all } = client(port);
    write(bytes);
    await all;
    expect(await until(1)).toMatchObject([{ problem, target }]);
  });

  it('of a head that does not become complete', async () => {
    const { port, until } = await telling(to(), { limits: { headMs: 50 } });
    client(port).write('GET / HT');
    expect(await until(1)).toMatchObject([{ status: 408, problem: 'request-timeout', method: '' }]);
  });

  it('whose client left before its response: 499', async () => {
    const asked = createServer();
    const { port, until } = await telling(to(await listen(asked)));
    const { socket, write } = client(port);
    write(GET);
    await once(asked, 'connection');
    // A reset: a client that only ends its side is waited for.
    socket.resetAndDestroy();
    expect(await until(1)).toMatchObject([{ status: 499, isAborted: false, target: '/a?b' }]);
  });

  it('whose answer was broken off', async () => {
    const half = await listen(
      createServer((socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')),
      ),
    );
    const { port, until } = await telling(to(half));
    const { write, all } = client(port);
    write(GET);
    await all;
    expect(await until(1)).toMatchObject([{ status: 200, isAborted: true, responseBytes: 4 }]);
  });

  it('that became a tunnel, when that ends', async () => {
    const there = await serverSending(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhi',
    );
    const { port, until } = await telling(to(there));
    const { write, heard, socket } = client(port);
    write('GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
    await heard(/hi$/);
    socket.end('hello');
    const summaries = await until(1);
    expect(summaries).toMatchObject([{ status: 101, isAborted: false, requestBytes: 5 }]);
    expect(summaries[0]?.responseBytes).toBeGreaterThanOrEqual(2);
  });

  it('comes once, in order, with an id of its own, on one connection', async () => {
    const there = await upstream((_request, response) => response.end('ok'));
    const { port, until } = await telling(to(there));
    const { write, heard } = client(port);
    write(GET + GET.replace('/a?b', '/c'));
    await heard(/ok[^]*ok/);
    const summaries = await until(2);
    expect(summaries.map(({ target }) => target)).toEqual(['/a?b', '/c']);
    expect(new Set(summaries.map(({ requestId }) => requestId)).size).toBe(2);
  });

  it.each([
    [PARENT, PARENT],
    [PARENT.replace('00-', '01-') + '-more', PARENT.replace('00-', '01-') + '-more'],
    [`${PARENT}-more`, undefined],
    [PARENT.replace('00-', 'ff-'), undefined],
    [PARENT.toUpperCase(), undefined],
    ['00-00000000000000000000000000000000-b7ad6b7169203331-01', undefined],
    ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', undefined],
  ])('with a trace parent if it is valid: %s', async (traceparent, wanted) => {
    const { port, until } = await telling(to(await refusingPort()));
    await send(port, { headers: { traceparent } });
    expect((await until(1))[0]?.traceparent).toBe(wanted);
  });
});
