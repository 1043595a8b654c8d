import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { client, listen, refusing, saying, send, start, upstream } from '../harness.ts';
import type { Upstream } from '../../src/proxy.ts';
import type { Limits } from '../../src/limits.ts';
import { forwardBy } from '../decisions.ts';
import type { Reported } from '../decisions.ts';

/** An engine for these instances in turn, and what it tells of the way of each request. */
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

it('ends the try of an answer without fault, whatever its status', async () => {
  const there = await upstream((_request, response) => response.writeHead(503).end('busy'));
  const { port, told } = await telling([there]);
  await send(port);
  expect(told).toEqual({ statuses: [503], faults: [false] });
});

it('ends each try that found nobody with fault, and the one that answered without', async () => {
  const there = await upstream((_request, response) => response.end('ok'));
  const { port, told } = await telling([await refusing(), await refusing(), there]);
  expect((await send(port)).body).toBe('ok');
  expect(told).toEqual({ statuses: [200], faults: [true, true, false] });
});

it('ends a try that breaks off with fault, before its answer and within it', async () => {
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

it('ends a try that does not answer in time with fault', async () => {
  const hung = await listen(createServer(() => {}));
  const { port, told } = await telling([hung], { answerMs: 100 });
  expect((await send(port)).status).toBe(504);
  expect(told).toEqual({ statuses: [], faults: [true] });
});

it('ends a try whose client has gone, or sends no more of its body, without fault', async () => {
  const asked = createServer();
  const there = await listen(asked);
  const { port, told } = await telling([there], { requestBodyMs: 100 });
  const gone = client(port);
  gone.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(asked, 'connection');
  gone.socket.destroy();
  await expect.poll(() => told.faults).toEqual([false]);
  const slow = client(port);
  slow.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab');
  await slow.heard(/408/);
  expect(told.faults).toEqual([false, false]);
});

it('ends the try that became a tunnel without fault', async () => {
  const there = await saying(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  const { port, told } = await telling([there]);
  const { write, heard } = client(port);
  write('GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
  await heard(/101/);
  expect(told).toEqual({ statuses: [101], faults: [false] });
});
