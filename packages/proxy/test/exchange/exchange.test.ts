import { once } from 'node:events';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { Filter } from '../../src/filters/filter.ts';
import type { Limits } from '../../src/limits.ts';
import { DONE, MORE } from '../../src/message.ts';
import { NO_UPSTREAM } from '../decisions.ts';
import {
  afterwards,
  listen,
  refusingPort,
  serverSending,
  unresponsiveServer,
  upstream,
} from '../harness.ts';
import { exchange, isOver } from './exchange-harness.ts';
import type { Setup } from './exchange-harness.ts';

/** A request whose body comes in two parts. */
const UPLOAD = { line: 'POST /', fields: 'Content-Length: 4\r\n', body: 'ab', isComplete: false };

const problemOf = (body: string): unknown => (JSON.parse(body) as { code: unknown }).code;

describe('an exchange', () => {
  it('passes filtering, connecting, waiting and responding', async () => {
    const phases: string[] = [];
    const there = await upstream((_request, response) => {
      response.write('be');
      setImmediate(() => response.end('gun'));
    });
    const { exchange: made, stream, start, until } = exchange({ upstreams: [there] });
    phases.push(made.phase);
    start();
    phases.push(made.phase);
    await until(({ head }) => {
      if (phases.at(-1) !== made.phase) phases.push(made.phase);
      return head !== undefined;
    });
    await until(isOver);
    expect(made.phase).toBe('done');
    expect(phases.slice(0, 2)).toEqual(['filtering', 'connecting']);
    expect(stream).toMatchObject({ state: 'finished', body: 'begun', trailers: '' });
  });

  it('is sending until the client has sent its body, of which it holds some before', async () => {
    const there = await upstream(async (request, response) => response.end(await text(request)));
    const upload = { ...UPLOAD, fields: 'Content-Length: 66000\r\n' };
    const { exchange: made, stream, start, until } = exchange({ upstreams: [there], ...upload });
    start();
    expect(stream.isPaused).toBe(false);
    made.onRequestData([Buffer.from('x'.repeat(65_000))], MORE);
    expect(stream.isPaused).toBe(false);
    made.onRequestData([Buffer.from('x'.repeat(996))], MORE);
    expect(stream.isPaused).toBe(true);
    await until(({ isPaused }) => !isPaused);
    await expect.poll(() => made.phase).toBe('sending');
    made.onRequestData([Buffer.from('cd')], DONE);
    expect(made.phase).toBe('waiting');
    await until(isOver);
    expect(stream.body).toBe(`ab${'x'.repeat(65_996)}cd`);
  });

  it('passes 1xx and trailers on', async () => {
    const there = await serverSending(
      'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-T: 1\r\n\r\n',
    );
    const { stream, run } = exchange({ upstreams: [there] });
    await run();
    expect(stream).toMatchObject({ informational: [103], body: 'x', trailers: 'X-T: 1\r\n' });
    expect(stream.head?.length).toBeLessThan(0);
  });

  it('sends no 100 into a response that began before the client sent its body', async () => {
    const there = await serverSending('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha');
    const fields = 'Content-Length: 4\r\nExpect: 100-continue\r\n';
    const waiting = { line: 'POST /', fields, isComplete: false };
    const { stream, start, pass, until } = exchange({ upstreams: [there], ...waiting });
    start();
    await until(({ head }) => head !== undefined);
    pass(1000);
    expect(stream).toMatchObject({ informational: [], body: 'ha' });
  });

  it('is answered when it is not forwarded', () => {
    const decision = { type: 'answer', problem: NO_UPSTREAM } as const;
    const { exchange: made, stream, summaries, start } = exchange({ decision });
    start();
    expect(made.phase).toBe('done');
    expect(stream).toMatchObject({ state: 'finished', head: { status: 503 } });
    expect(problemOf(stream.body)).toBe('no-upstream');
    expect(summaries).toMatchObject([{ status: 503, problem: 'no-upstream' }]);
  });

  it('resets its stream when a response breaks off', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', () => socket.destroy()),
      );
    });
    const { stream, summaries, run } = exchange({ upstreams: [await listen(server)] });
    await run();
    expect(stream).toMatchObject({ state: 'reset', body: 'half' });
    expect(summaries).toMatchObject([{ status: 200, isAborted: true }]);
  });

  it('tries another upstream, and fails when none is left', async () => {
    const upstreams = [await refusingPort(), await refusingPort()];
    const { stream, run } = exchange({ upstreams });
    await run();
    expect(stream.head?.status).toBe(502);
    expect(problemOf(stream.body)).toBe('upstream-failed');
  });

  it('holds the upstream back while its stream asks for time', async () => {
    let sent = 0;
    const endless = await upstream((_request, response) => {
      const more = (): void => {
        do sent += 65_536;
        while (response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more).on('close', () => response.off('drain', more));
      more();
    });
    const { exchange: made, stream, start, until } = exchange({ upstreams: [endless] });
    stream.isSlow = true;
    start();
    await until(({ head }) => head !== undefined);
    let before = -1;
    const stands = (): boolean => {
      const still = sent === before;
      before = sent;
      return still;
    };
    await expect.poll(stands, { interval: 200 }).toBe(true);
    const { length } = stream.body;
    expect(length).toBeLessThan(1_000_000);
    made.onClientDrain();
    await until(({ body }) => body.length > length);
    made.onClientClose();
    expect(made.phase).toBe('done');
  });

  it('ends when its client leaves, in every phase', async () => {
    const there = await unresponsiveServer();
    const { exchange: made, summaries, start } = exchange({ upstreams: [there] });
    start();
    await expect.poll(() => made.phase).toBe('waiting');
    made.onClientClose();
    made.onClientClose();
    expect(made.phase).toBe('done');
    expect(summaries).toMatchObject([{ status: 499 }]);
  });

  it('ignores what its client still sends when it is over', () => {
    const decision = { type: 'answer', problem: NO_UPSTREAM } as const;
    const { exchange: made, stream, start } = exchange({ decision });
    start();
    made.onRequestData([Buffer.from('x')], MORE);
    made.onRequestError(NO_UPSTREAM);
    expect(stream.state).toBe('finished');
  });

  it('joins client and upstream in a tunnel', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    afterwards(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const {
      exchange: made,
      stream,
      summaries,
      start,
      until,
    } = exchange({
      upstreams: [{ key: 'a', address: '127.0.0.1', port }],
      fields:
        'Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
    });
    server.on('connection', (socket) => socket.send('hello'));
    start();
    await until(({ body }) => body.includes('hello'));
    expect(made.phase).toBe('tunnelling');
    expect(stream).toMatchObject({ state: 'upgraded', head: { status: 101 } });
    made.onClientClose();
    expect(made.phase).toBe('done');
    expect(summaries).toMatchObject([{ status: 101, isAborted: false }]);
  });
});

/** An exchange whose upstream does not respond, in a phase in which it is waited for. */
async function unresponsive(setup: Setup, phase = 'waiting') {
  const made = exchange({ upstreams: [await unresponsiveServer()], ...setup });
  made.start();
  await expect.poll(() => made.exchange.phase).toBe(phase);
  return made;
}

describe('an exchange that takes too long', () => {
  it.each<[string, Setup, string, number, string, Partial<Limits>]>([
    ['to respond', {}, 'waiting', 504, 'upstream-timeout', { answerMs: 10 }],
    ['in all', {}, 'waiting', 504, 'upstream-timeout', { totalMs: 10 }],
    ['to send its body', UPLOAD, 'sending', 408, 'request-timeout', { requestBodyMs: 10 }],
  ])('%s', async (_what, setup, phase, status, code, limits) => {
    const { stream, pass } = await unresponsive({ ...setup, limits }, phase);
    pass(9);
    expect(stream.state).toBe('open');
    pass(1);
    expect(stream).toMatchObject({ state: 'finished', head: { status } });
    expect(problemOf(stream.body)).toBe(code);
  });

  it.each([
    ['of the client, which is no fault of the upstream', '5m', 20, 'abandoned'],
    ['of the route, which is one', '50m', 10, 'failed'],
  ])('for the deadline of a call: %s', async (_whose, timeout, totalMs, end) => {
    const call = { line: 'POST /', fields: callFields('application/grpc', timeout) };
    const { stream, pass, reported } = await unresponsive({ ...call, limits: { totalMs } });
    pass(10);
    expect(stream).toMatchObject({ state: 'finished', head: { status: 200 } });
    expect(reported.ends).toEqual([end]);
  });

  it.each<[string, string, Partial<Limits>, string, string[]]>([
    ['the deadline of the client', '5m', {}, '4', []],
    ['the time of the route', '50m', { totalMs: 5 }, '13', ['the filters took longer than 5 ms']],
    ['the time of filters', '50m', { filterMs: 5 }, '13', ['the filters took longer than 5 ms']],
  ])(
    'says whose limit a slow filter has exceeded: %s',
    async (_whose, timeout, limits, code, log) => {
      const slow: Filter = { name: 'slow', onRequest: () => new Promise(() => {}) };
      const { stream, start, pass, failures, summaries } = exchange({
        filters: [slow],
        line: 'POST /',
        fields: callFields('application/grpc', timeout),
        limits,
      });
      start();
      pass(5);
      expect(stream.head?.fields).toContain(`grpc-status: ${code}\r\n`);
      expect(failures.map(([, error]) => (error as Error).message)).toEqual(log);
      expect(summaries).toMatchObject([
        { problem: code === '4' ? 'deadline-exceeded' : 'filter-failed', grpcStatus: Number(code) },
      ]);
    },
  );

  it('is not ended by the grpc-timeout of what is no call of gRPC', async () => {
    const request = { line: 'POST /', fields: callFields('application/json', '5m') };
    const { stream, pass } = await unresponsive(request);
    pass(1000);
    expect(stream.state).toBe('open');
  });
});

/** The fields of a request whose client waits no longer than that. */
function callFields(contentType: string, timeout: string): string {
  return [
    'Content-Length: 0',
    `Content-Type: ${contentType}`,
    'TE: trailers',
    'Connection: TE',
    `grpc-timeout: ${timeout}`,
    '',
  ].join('\r\n');
}
