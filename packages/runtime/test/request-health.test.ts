import { once } from 'node:events';
import { createServer as createHttp1Server } from 'node:http';
import { createServer, createSecureServer } from 'node:http2';
import type { Http2Server, ServerHttp2Stream } from 'node:http2';
import type { IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { createSecureContext } from 'node:tls';
import { Server as GrpcServer, ServerCredentials, status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import type { Announcement } from '@rollcall/protocol';
import { ONE } from '../../../test/support/certificates.ts';
import { requestHealth } from '../src/request-health.ts';

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const bytes = (value: Buffer): Buffer => value;
const CHECK = {
  check: {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  },
} as const;

type Check = (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => void;

/** The port of a server of gRPC with this health service. */
async function grpc(check?: Check): Promise<number> {
  const server = new GrpcServer();
  if (check !== undefined) server.addService(CHECK, { check });
  cleanups.push(() => server.forceShutdown());
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}

async function listening(server: Server | Http2Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  cleanups.push(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function health(port: number, more: Partial<Announcement>, tls?: object) {
  const announcement = { prefix: '/s', address: '127.0.0.1', port, ...more };
  return requestHealth(announcement, { timeoutMs: 2000, ...(tls !== undefined && { tls }) });
}

const GRPC = { scheme: 'h2c', health: { path: '/a.Service', method: 'GRPC' } } as const;

describe('a health check of gRPC', () => {
  it('asks for the service, and is healthy if that is SERVING', async () => {
    let asked = '';
    const port = await grpc(({ request }, done) => {
      asked = request.toString('latin1');
      done(null, Buffer.from([8, 1]));
    });
    expect(await health(port, GRPC)).toEqual({ status: 200 });
    expect(asked).toBe('\n\u0009a.Service');
    await health(port, { ...GRPC, health: { path: '/', method: 'GRPC' } });
    expect(asked).toBe('');
    await health(port, { ...GRPC, health: { path: `/${'x'.repeat(200)}`, method: 'GRPC' } });
    expect(asked).toBe(`\n\u00c8\u0001${'x'.repeat(200)}`);
  });

  it.each<[string, Check | undefined, number]>([
    ['is NOT_SERVING', (_call, done) => done(null, Buffer.from([8, 2])), 503],
    ['says nothing', (_call, done) => done(null, Buffer.alloc(0)), 503],
    ['does not know the service', (_call, done) => done({ code: status.NOT_FOUND }), 404],
    ['fails', (_call, done) => done({ code: status.INTERNAL }), 503],
    ['is not there', undefined, 501],
  ])('is not well if the health service %s', async (_what, check, expected) => {
    expect(await health(await grpc(check), GRPC)).toEqual({ status: expected });
  });

  it('is not well if nothing listens, nothing is answered, or HTTP/2 is not spoken', async () => {
    const closed = createHttp1Server();
    const port = await listening(closed);
    const http1 = await health(port, GRPC);
    expect(http1).toHaveProperty('code');
    await new Promise((resolve) => closed.close(resolve));
    expect(await health(port, GRPC)).toEqual({ code: 'ECONNREFUSED' });
  });
});

/** Only `/up` is healthy. */
function respond(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  stream.respond({ ':status': headers[':path'] === '/up' ? 204 : 500 }, { endStream: true });
}

describe('an instance that speaks HTTP/2', () => {
  it('is requested by HTTP/2 if it announces a path, and by nothing if it does not', async () => {
    const port = await listening(createServer().on('stream', respond));
    const up = { path: '/up', method: 'GET' } as const;
    expect(await health(port, { scheme: 'h2c', health: up })).toEqual({ status: 204 });
    expect(await health(port, { scheme: 'h2c' })).toEqual({ status: 200 });
  });

  it('is requested over TLS', async () => {
    const port = await listening(createSecureServer(ONE).on('stream', respond));
    const tls = { secureContext: createSecureContext({ ca: ONE.cert }) };
    expect(await health(port, { scheme: 'h2' }, tls)).toEqual({ status: 200 });
    expect(await health(port, { scheme: 'h2' }, {})).toHaveProperty('code');
  });
});
