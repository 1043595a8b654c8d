import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { client, listen, refusingPort, serverSending, send, start, upstream } from '../harness.ts';
import { ERROR, FRAME, goAwayFrame, rstStreamFrame } from '../../src/http2/frames.ts';
import type { AttemptEnd, Upstream } from '../../src/proxy.ts';
import type { Limits } from '../../src/limits.ts';
import { forwardBy } from '../decisions.ts';
import type { Reported } from '../decisions.ts';
import { frameServer } from '../upstream/frame-server.ts';

/** A proxy for these upstreams in turn, and what it reports about each attempt. */
async function telling(upstreams: Upstream[], limits: Partial<Limits> = {}) {
  const told: Reported = { statuses: [], ends: [] };
  const { port } = await start(
    ({ target }) => {
      const left = [...upstreams];
      return forwardBy(() => left.shift(), target, '', told);
    },
    { limits },
  );
  return { port, told };
}

it('reports an attempt with a response of any status as responded', async () => {
  const there = await upstream((_request, response) => response.writeHead(503).end('busy'));
  const { port, told } = await telling([there]);
  await send(port);
  expect(told).toEqual({ statuses: [503], ends: ['responded'] });
});

it('reports each attempt that found no listener as failed', async () => {
  const there = await upstream((_request, response) => response.end('ok'));
  const { port, told } = await telling([await refusingPort(), await refusingPort(), there]);
  expect((await send(port)).body).toBe('ok');
  expect(told).toEqual({ statuses: [200], ends: ['failed', 'failed', 'responded'] });
});

it('reports an attempt that breaks off as failed, before its response and within it', async () => {
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
  expect(told).toEqual({ statuses: [200], ends: ['failed', 'failed'] });
});

it('reports an attempt without a response in time as failed', async () => {
  const hung = await listen(createServer(() => {}));
  const { port, told } = await telling([hung], { answerMs: 100 });
  expect((await send(port)).status).toBe(504);
  expect(told).toEqual({ statuses: [], ends: ['failed'] });
});

it('reports an attempt whose client left, or sends no more of its body, as abandoned', async () => {
  const asked = createServer();
  const there = await listen(asked);
  const { port, told } = await telling([there], { requestBodyMs: 100 });
  const gone = client(port);
  gone.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(asked, 'connection');
  // A reset: a client that only ends its side is waited for.
  gone.socket.resetAndDestroy();
  await expect.poll(() => told.ends).toEqual(['abandoned']);
  const slow = client(port);
  slow.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab');
  await slow.heard(/408/);
  expect(told.ends).toEqual(['abandoned', 'abandoned']);
});

it('reports an attempt that became a tunnel as responded', async () => {
  const there = await serverSending(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  const { port, told } = await telling([there]);
  const { write, heard } = client(port);
  write('GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
  await heard(/101/);
  expect(told).toEqual({ statuses: [101], ends: ['responded'] });
});

it.each<[string, AttemptEnd, (streamId: number) => string]>([
  ['REFUSED_STREAM', 'failed', (streamId) => rstStreamFrame(streamId, ERROR.refusedStream)],
  ['GOAWAY in order', 'unsent', () => goAwayFrame(0, ERROR.none)],
  ['GOAWAY with an error', 'failed', () => goAwayFrame(0, ERROR.internal)],
])('reports an attempt that is not processed, by %s, as %s', async (_how, end, refusal) => {
  const refusing = await frameServer(({ type, streamId }, { write }) => {
    if (type === FRAME.headers) write(refusal(streamId));
  });
  const there = await upstream((_request, response) => response.end('ok'));
  const { port, told } = await telling([refusing, there]);
  expect((await send(port)).body).toBe('ok');
  expect(told.ends).toEqual([end, 'responded']);
});
