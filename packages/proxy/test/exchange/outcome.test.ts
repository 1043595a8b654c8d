import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import {
  rawClient,
  listen,
  refusingUpstream,
  rawServer,
  sendRequest,
  startProxy,
  httpServer,
} from '../harness.ts';
import type { Upstream } from '../../src/proxy.ts';
import type { Limits } from '../../src/limits.ts';
import { forwardBy } from '../decisions.ts';
import type { Reported } from '../decisions.ts';

/** An engine for these instances in turn, and what it tells of the way of each request. */
async function telling(upstreams: Upstream[], limits: Partial<Limits> = {}) {
  const told: Reported = { statuses: [], faults: [] };
  const { port } = await startProxy(
    ({ target }) => {
      const left = [...upstreams];
      return forwardBy(() => left.shift(), target, '', told);
    },
    { limits },
  );
  return { port, told };
}

it('reports an attempt with a response as successful, regardless of status', async () => {
  const there = await httpServer((_request, response) => response.writeHead(503).end('busy'));
  const { port, told } = await telling([there]);
  await sendRequest(port);
  expect(told).toEqual({ statuses: [503], faults: [false] });
});

it('reports each refused attempt as failed, and the answered one as successful', async () => {
  const there = await httpServer((_request, response) => response.end('ok'));
  const { port, told } = await telling([await refusingUpstream(), await refusingUpstream(), there]);
  expect((await sendRequest(port)).body).toBe('ok');
  expect(told).toEqual({ statuses: [200], faults: [true, true, false] });
});

it('reports an aborted attempt as failed, before and within the response', async () => {
  const silent = await listen(
    createServer((socket) => socket.once('data', () => socket.destroy())),
  );
  const half = await listen(
    createServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')),
    ),
  );
  const { port, told } = await telling([silent, half]);
  await expect(sendRequest(port)).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  expect(told).toEqual({ statuses: [200], faults: [true, true] });
});

it('reports a timed-out attempt as failed', async () => {
  const hung = await listen(createServer(() => {}));
  const { port, told } = await telling([hung], { answerMs: 100 });
  expect((await sendRequest(port)).status).toBe(504);
  expect(told).toEqual({ statuses: [], faults: [true] });
});

it('does not blame an attempt whose client disconnects or stops sending', async () => {
  const asked = createServer();
  const there = await listen(asked);
  const { port, told } = await telling([there], { requestBodyMs: 100 });
  const gone = rawClient(port);
  gone.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(asked, 'connection');
  gone.socket.destroy();
  await expect.poll(() => told.faults).toEqual([false]);
  const slow = rawClient(port);
  slow.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab');
  await slow.heard(/408/);
  expect(told.faults).toEqual([false, false]);
});

it('reports an attempt that became a tunnel as successful', async () => {
  const there = await rawServer(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  const { port, told } = await telling([there]);
  const { write, heard } = rawClient(port);
  write('GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
  await heard(/101/);
  expect(told).toEqual({ statuses: [101], faults: [false] });
});
