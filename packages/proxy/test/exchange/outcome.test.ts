import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { client, listen, refusingPort, serverSending, send, start, upstream } from '../harness.ts';
import type { Upstream } from '../../src/proxy.ts';
import type { Limits } from '../../src/limits.ts';
import { forwardBy } from '../decisions.ts';
import type { Reported } from '../decisions.ts';

/** A proxy for these upstreams in turn, and what it reports about each attempt. */
async function telling(upstreams: Upstream[], limits: Partial<Limits> = {}) {
  const told: Reported = { statuses: [], faults: [] };
  const { port } = await start(
    ({ target }) => {
      const left = [...upstreams];
      return forwardBy(() => left.shift(), target, '', told);
    },
    { limits },
  );
  return { port, told };
}

it('reports an attempt with a response of any status as no fault', async () => {
  const there = await upstream((_request, response) => response.writeHead(503).end('busy'));
  const { port, told } = await telling([there]);
  await send(port);
  expect(told).toEqual({ statuses: [503], faults: [false] });
});

it('reports each attempt that found no listener as a fault, and the one that responded as none', async () => {
  const there = await upstream((_request, response) => response.end('ok'));
  const { port, told } = await telling([await refusingPort(), await refusingPort(), there]);
  expect((await send(port)).body).toBe('ok');
  expect(told).toEqual({ statuses: [200], faults: [true, true, false] });
});

it('reports an attempt that breaks off as a fault, before its response and within it', async () => {
  const silent = await listen(
    createServer((socket) => socket.once('data', () => socket.destroy())),
  );
  const half = await listen(
    createServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')),
    ),
  );
  const { port, told } = await telling([silent, half]);
  await expect(send(port)).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  expect(told).toEqual({ statuses: [200], faults: [true, true] });
});

it('reports an attempt without a response in time as a fault', async () => {
  const hung = await listen(createServer(() => {}));
  const { port, told } = await telling([hung], { answerMs: 100 });
  expect((await send(port)).status).toBe(504);
  expect(told).toEqual({ statuses: [], faults: [true] });
});

it('reports an attempt whose client left, or sends no more of its body, as no fault', async () => {
  const asked = createServer();
  const there = await listen(asked);
  const { port, told } = await telling([there], { requestBodyMs: 100 });
  const gone = client(port);
  gone.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(asked, 'connection');
  // A reset: a client that only ends its side is waited for.
  gone.socket.resetAndDestroy();
  await expect.poll(() => told.faults).toEqual([false]);
  const slow = client(port);
  slow.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab');
  await slow.heard(/408/);
  expect(told.faults).toEqual([false, false]);
});

it('reports an attempt that became a tunnel as no fault', async () => {
  const there = await serverSending(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  const { port, told } = await telling([there]);
  const { write, heard } = client(port);
  write('GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
  await heard(/101/);
  expect(told).toEqual({ statuses: [101], faults: [false] });
});
