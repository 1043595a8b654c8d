import { once } from 'node:events';
import { Metadata, status } from '@grpc/grpc-js';
import type {
  sendUnaryData,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceError,
} from '@grpc/grpc-js';
import { describe, expect, it, vi } from 'vitest';
import type { Filter } from '../src/filters/filter.ts';
import type { Problem } from '../src/problems.ts';
import type { Decide, RequestSummary } from '../src/proxy.ts';
import { ERROR, FRAME, headersFrames, rstStreamFrame } from '../src/http2/frames.ts';
import { encodeField } from '../src/http2/hpack-encoder.ts';
import { forwardBy } from './decisions.ts';
import { frameServer } from './upstream/frame-server.ts';
import { http2Upstream } from './upstream/http2-server.ts';
import { EchoClient, grpcServer } from './grpc-calls.ts';
import { client, refusingPort, send, start, to } from './harness.ts';

const HEAD = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
] as const;

type Unary = ServerUnaryCall<Buffer, Buffer>;

const HANDLERS = {
  unary: ({ request }: Unary, done: sendUnaryData<Buffer>) => {
    if (String(request) === 'fail') {
      const metadata = new Metadata();
      metadata.set('x-reason', 'asked to');
      done({ code: status.FAILED_PRECONDITION, details: 'größer', metadata });
    } else if (String(request) !== 'hang') done(null, request);
  },
  clientStream: (call: ServerReadableStream<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
    const all: string[] = [];
    call.on('data', (message: Buffer) => all.push(String(message)));
    call.on('end', () => done(null, Buffer.from(all.join(' '))));
  },
  serverStream: (call: ServerWritableStream<Buffer, Buffer>) => {
    for (const word of String(call.request).split(' ')) call.write(Buffer.from(word));
    call.end();
  },
  both: (call: ServerDuplexStream<Buffer, Buffer>) => {
    call.on('data', (message: Buffer) => {
      if (String(message) === 'enough') call.end();
      else call.write(message);
    });
  },
};

async function messages(call: NodeJS.ReadableStream): Promise<string[]> {
  const all: string[] = [];
  for await (const message of call) all.push(String(message));
  return all;
}

function answering(problem: Partial<Problem>): Decide {
  const whole = { code: 'x', status: 500, title: 'Title', detail: 'Why.', ...problem };
  return () => ({ type: 'answer', problem: whole });
}

describe('a call of gRPC', () => {
  it('passes with its message, its status and its metadata', async () => {
    const { there } = await grpcServer(HANDLERS);
    const ended: RequestSummary[] = [];
    const { port } = await start(to(there), { onRequestEnd: (each) => ended.push(each) });
    const client = new EchoClient(port);
    const large = 'x'.repeat(2_000_000);
    expect(await client.unary('hello')).toBe('hello');
    expect(await client.unary(large)).toBe(large);
    await expect(client.unary('fail')).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: 'größer',
    });
    const statuses = ended.map((each) => [each.status, each.grpcStatus]);
    expect(statuses).toEqual([
      [200, 0],
      [200, 0],
      [200, status.FAILED_PRECONDITION],
    ]);
  });

  it('may stream either way, and both at once', async () => {
    const { there } = await grpcServer(HANDLERS);
    const { port } = await start(to(there));
    const client = new EchoClient(port);
    expect(await client.clientStream(['a', 'b', 'c'])).toBe('a b c');
    expect(await messages(client.serverStream('a b c'))).toEqual(['a', 'b', 'c']);
    const call = client.both();
    for (const word of ['one', 'two']) {
      call.write(Buffer.from(word));
      const [heard] = (await once(call, 'data')) as [Buffer];
      expect(String(heard)).toBe(word);
    }
    // The server ends the call while the client could still send.
    call.write(Buffer.from('enough'));
    call.resume();
    const [end] = (await once(call, 'status')) as [{ code: number }];
    expect(end.code).toBe(status.OK);
  });

  it.each<[string, Partial<Problem>, number]>([
    ['an unknown route', { status: 404 }, status.UNIMPLEMENTED],
    ['no instance', { status: 503 }, status.UNAVAILABLE],
    ['a failed upstream', { status: 502 }, status.UNAVAILABLE],
    ['a limit', { status: 429 }, status.RESOURCE_EXHAUSTED],
    ['a body that is too large', { status: 413 }, status.RESOURCE_EXHAUSTED],
    ['a time-out', { status: 504 }, status.DEADLINE_EXCEEDED],
    ['no credentials', { status: 401 }, status.UNAUTHENTICATED],
    ['credentials that do not suffice', { status: 403 }, status.PERMISSION_DENIED],
    ['a bug', { status: 500 }, status.INTERNAL],
    ['anything else', { status: 418 }, status.UNKNOWN],
  ])('that meets %s ends with a status of gRPC', async (_what, problem, code) => {
    const { port } = await start(answering({ ...problem, detail: '100 % größer.' }));
    await expect(new EchoClient(port).unary('x')).rejects.toMatchObject({
      code,
      details: '100 % größer.',
    });
  });

  it('gets trailers alone, without a body', async () => {
    const { port } = await start(answering({ status: 404 }));
    const {
      status: code,
      headers,
      body,
    } = await send(port, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc+proto', te: 'trailers' },
    });
    expect([code, body]).toEqual([200, '']);
    expect(headers).toMatchObject({ 'grpc-status': '12', 'content-type': 'application/grpc' });
  });

  it('that no instance takes is UNAVAILABLE', async () => {
    const { port } = await start(to({ ...(await refusingPort()), isHttp2: true }));
    await expect(new EchoClient(port).unary('x')).rejects.toMatchObject({
      code: status.UNAVAILABLE,
      details: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('is ended at its deadline, upstream too', async () => {
    let code = 0;
    const { there } = await http2Upstream((stream) => {
      stream.on('close', () => (code = stream.rstCode));
    });
    const { port } = await start(to(there));
    const answer = await send(port, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc', te: 'trailers', 'grpc-timeout': '100m' },
    });
    expect(answer.headers).toMatchObject({ 'grpc-status': String(status.DEADLINE_EXCEEDED) });
    await vi.waitFor(() => expect(code).toBe(ERROR.cancel));
  });

  it.each([
    [ERROR.internal, status.INTERNAL],
    [ERROR.cancel, status.CANCELLED],
    [ERROR.enhanceYourCalm, status.RESOURCE_EXHAUSTED],
    [undefined, status.UNAVAILABLE],
  ])('whose response is broken off (%s) ends with status %i', async (reset, code) => {
    const there = await frameServer((each, { socket, respond, write }) => {
      if (each.type !== FRAME.headers) return;
      respond(each.streamId, HEAD, '\0\0\0\0\x01A', false);
      if (reset === undefined) socket.end();
      else write(rstStreamFrame(each.streamId, reset));
    });
    const ended: RequestSummary[] = [];
    const { port } = await start(to(there), { onRequestEnd: (each) => ended.push(each) });
    const call = new EchoClient(port).serverStream('x');
    const heard: string[] = [];
    call.on('data', (message: Buffer) => heard.push(String(message)));
    const [error] = (await once(call, 'error')) as [ServiceError];
    expect([heard, error.code]).toEqual([['A'], code]);
    expect(ended).toMatchObject([{ isAborted: true, grpcStatus: code }]);
  });

  it.each([
    ['trailers', '\0\0\0\0\0'],
    ['trailers without a body', undefined],
  ])('reports the status of its %s to the decision', async (_how, body) => {
    const there = await frameServer(({ type, streamId }, { respond, write }) => {
      if (type !== FRAME.headers) return;
      if (body === undefined) return respond(streamId, [...HEAD, ['grpc-status', '14']]);
      respond(streamId, HEAD, body, false);
      write(headersFrames(streamId, encodeField('grpc-status', '14'), true, 16_384));
    });
    const reported = { statuses: [], ends: [], grpcStatuses: [] };
    const { port } = await start(({ target }) => forwardBy(() => there, target, '', reported));
    await expect(new EchoClient(port).unary('x')).rejects.toMatchObject({ code: 14 });
    expect(reported).toEqual({ statuses: [200], grpcStatuses: [14], ends: ['responded'] });
  });

  it('that is cancelled is cancelled upstream', async () => {
    const cancelled = vi.fn();
    const { there } = await grpcServer({
      ...HANDLERS,
      both: (call: ServerDuplexStream<Buffer, Buffer>) => {
        call.on('cancelled', cancelled);
        call.write(Buffer.from('begun'));
      },
    });
    const { port } = await start(to(there));
    const call = new EchoClient(port).both();
    call.on('error', () => {});
    await once(call, 'data');
    call.cancel();
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalled());
  });

  it('is balanced by itself, though the client has one connection', async () => {
    const counts = [0, 0];
    const servers = await Promise.all(
      counts.map((_none, index) =>
        grpcServer({
          ...HANDLERS,
          unary: ({ request }: Unary, done: sendUnaryData<Buffer>) => {
            counts[index] = (counts[index] ?? 0) + 1;
            done(null, request);
          },
        }),
      ),
    );
    let next = 0;
    const { port } = await start((request) =>
      to(...servers.slice(next++ % 2).map(({ there }) => there))(request),
    );
    const client = new EchoClient(port);
    for (let count = 0; count < 10; count++) await client.unary('x');
    expect(counts).toEqual([5, 5]);
  });
});

describe('an error of a call of gRPC over HTTP/1.1', () => {
  const PROBLEM = { code: 'x', status: 401, title: 'Title', detail: 'Why.' };
  const refusing: Filter = { name: 'refusing', onRequest: () => ({ problem: PROBLEM }) };

  it.each(['of its own', 'of a filter'])('%s: is followed by the next response', async (of) => {
    const filters = of === 'of a filter' ? [refusing] : [];
    const { port } = await start(({ target }) =>
      filters.length > 0
        ? { ...forwardBy(() => undefined, target), filters }
        : { type: 'answer', problem: PROBLEM },
    );
    for (const method of ['POST', 'HEAD']) {
      const { write, all } = client(port);
      const head = 'Host: a\r\nContent-Length: 0\r\nContent-Type: application/grpc\r\n';
      write(
        `${method} / HTTP/1.1\r\n${head}\r\nPOST / HTTP/1.1\r\n${head}Connection: close\r\n\r\n`,
      );
      // Of a POST, it has a body that is known to be empty. That of a HEAD has none at all.
      const end = method === 'HEAD' ? '' : '0\r\n\r\n';
      const first = new RegExp(
        `^HTTP/1\\.1 200 OK\r\n(?:(?!\r\n\r\n)[^])*grpc-status: 16(?:(?!\r\n\r\n)[^])*\r\n\r\n${end}HTTP/1\\.1 200 OK\r\n`,
      );
      expect(await all).toMatch(first);
    }
  });
});
