import { once } from 'node:events';
import { createServer as createHttpsServer, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect as connectPlainly } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { AddressInfo } from 'node:net';
import { ELSEWHERE, ONE, TWO } from '../../../../test/support/certificates.ts';
import type { Upstream, UpstreamTls } from '../../src/proxy.ts';
import {
  afterwards,
  client,
  listen,
  serverSending,
  send,
  start,
  to,
  trusting,
  upstream,
} from '../harness.ts';

const BOTH = [ONE.cert, TWO.cert];

async function ask(port: number, { body, ...options }: { body?: Buffer; method?: string } = {}) {
  const request = httpsRequest({ port, host: '127.0.0.1', ca: BOTH, agent: false, ...options });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await buffer(response) };
}

/** A client that has agreed on a secret. */
async function secured(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', ca: BOTH, ...options });
  afterwards(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

const nameOf = (socket: TLSSocket): unknown => socket.getPeerCertificate().subject.CN;

describe('a proxy with a certificate', () => {
  it('reports to the upstream that requests came by https, and forwards bodies both ways', async () => {
    const there = await upstream((request, response) => {
      const { 'x-forwarded-proto': proto, forwarded } = request.headers;
      response.setHeader('x-seen', `${String(proto)} ${String(forwarded)}`);
      request.pipe(response);
    });
    const { port } = await start(to(there), { tls: { certificate: ONE } });
    const body = Buffer.alloc(3_000_000, 'no two 9 bytes');
    const answer = await ask(port, { method: 'POST', body });
    expect(answer.headers['x-seen']).toMatch(/^https for=127\.0\.0\.1;.*;proto=https$/);
    expect(answer.body.equals(body)).toBe(true);
  });

  it('carries a WebSocket', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    afterwards(() => server.close());
    await once(server, 'listening');
    server.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
    const there = { key: 'a', address: '127.0.0.1', port: (server.address() as AddressInfo).port };
    const { port } = await start(to(there), { tls: { certificate: ONE } });
    const socket = new WebSocket(`wss://127.0.0.1:${port}/`, { ca: ONE.cert });
    await once(socket, 'open');
    socket.send('hello');
    expect(String((await once(socket, 'message'))[0])).toBe('hello');
    socket.terminate();
  });

  it('refuses a client with which it has no version of HTTP in common', async () => {
    const { port } = await start(to(), { tls: { certificate: ONE } });
    await expect(secured(port, { ALPNProtocols: ['spdy/3'] })).rejects.toThrow(
      /no application protocol/,
    );
  });

  it('closes a connection that is not TLS, and goes on', async () => {
    const there = await upstream((_request, response) => response.end('ok'));
    const { port } = await start(to(there), { tls: { certificate: ONE } });
    const plain = client(port);
    plain.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await plain.all).not.toContain('HTTP');
    const leaves = connectPlainly(port, '127.0.0.1');
    leaves.write('\u0016\u0003\u0001');
    await once(leaves, 'connect');
    leaves.resetAndDestroy();
    expect((await ask(port)).status).toBe(200);
  });

  it('does not end a response cleanly that the upstream broke off', async () => {
    const { port } = await start(
      to(await serverSending('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')),
      {
        tls: { certificate: ONE },
        limits: { answerBodyMs: 100 },
      },
    );
    const socket = await secured(port);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await expect(text(socket)).rejects.toThrow(/ECONNRESET/);
  });

  it('counts connections before their handshake', async () => {
    const limits = { connectionsPerAddress: 2 };
    const { port } = await start(to(), { tls: { certificate: ONE }, limits });
    const silent = [client(port), client(port)];
    await Promise.all(silent.map(({ socket }) => once(socket, 'connect')));
    await client(port).closed;
    silent[0]?.socket.destroy();
    await expect.poll(() => secured(port).then(nameOf, () => 'refused')).toBe('one');
  });

  it('closes connections with a slow handshake, and does not wait for them when it closes', async () => {
    const slow = await start(to(), { tls: { certificate: ONE }, limits: { headMs: 100 } });
    await client(slow.port).closed;
    const { proxy, port } = await start(to(), { tls: { certificate: ONE } });
    const silent = client(port);
    await once(silent.socket, 'connect');
    await secured(port);
    await proxy.close(3_600_000);
    await silent.closed;
  });

  it('limits a handshake as it is configured by then', async () => {
    const { proxy, port } = await start(to(), { tls: { certificate: ONE } });
    proxy.configure({ tls: { certificate: ONE }, limits: { headMs: 100 } });
    await client(port).closed;
  });

  it('shows a renewed certificate to clients that connect afterwards, and keeps open connections', async () => {
    const there = await upstream((_request, response) => response.end('ok'));
    const { proxy, port } = await start(to(there), { tls: { certificate: ONE } });
    const before = await secured(port);
    proxy.configure({ tls: { certificate: TWO } });
    expect(nameOf(await secured(port))).toBe('two');
    expect(() =>
      proxy.configure({ tls: { certificate: { cert: ONE.cert, key: TWO.key } } }),
    ).toThrow(/belong together/);
    expect(() =>
      proxy.configure({ tls: { certificate: { cert: 'no PEM', key: TWO.key } } }),
    ).toThrow(/cannot be used/);
    expect(nameOf(await secured(port))).toBe('two');
    before.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await text(before)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('does not start with a key that belongs to another certificate', async () => {
    await expect(
      start(to(), { tls: { certificate: { ...ONE, key: TWO.key } } }),
    ).rejects.toMatchObject({
      code: 'ERR_PROXY_CERTIFICATE',
    });
  });

  it('leaves no timer behind if it does not start', async () => {
    vi.useFakeTimers();
    afterwards(() => vi.useRealTimers());
    await expect(start(to(), { tls: { certificate: { ...ONE, key: TWO.key } } })).rejects.toThrow();
    expect(vi.getTimerCount()).toBe(0);
  });
});

/** An instance that sends back what it gets. */
async function secureUpstream() {
  const server = createHttpsServer(ONE, (request, response) => request.pipe(response));
  afterwards(() => server.closeAllConnections());
  let connections = 0;
  server.on('secureConnection', () => connections++);
  const there = { ...(await listen(server)), tls: trusting(ONE.cert) };
  return { there, connections: () => connections };
}

describe('an upstream that speaks TLS', () => {
  it('gets requests on connections that are kept', async () => {
    const { there, connections } = await secureUpstream();
    const { port } = await start(to(there));
    for (const body of ['', 'small', 'x'.repeat(500_000)])
      expect((await send(port, { method: 'POST', body })).body).toBe(body);
    expect(connections()).toBe(1);
  });

  it('gets no request if another CA signed its certificate', async () => {
    const { there } = await secureUpstream();
    for (const tls of [{}, trusting(TWO.cert)]) {
      const verdicts: string[] = [];
      const { port } = await start(to({ ...there, tls }), {
        onUnreachable: (_upstream, verdict) => verdicts.push(verdict),
      });
      const { status, body } = await send(port);
      expect(status).toBe(502);
      expect(body).toMatch(/CERT|SIGNATURE/);
      expect(verdicts).toEqual(['failed']);
    }
  });

  it('gets no request if its certificate is for another address', async () => {
    const server = createHttpsServer(ELSEWHERE, (_request, response) => response.end());
    const there = { ...(await listen(server)), tls: trusting(ELSEWHERE.cert) };
    const { port } = await start(to(there));
    expect((await send(port)).body).toMatch(/ERR_TLS_CERT_ALTNAME_INVALID/);
  });

  it('is not mistaken for one at the same address that does not', async () => {
    const { there } = await secureUpstream();
    const { tls: _, ...plain } = there;
    const upstreams = [there, plain, there];
    const { port } = await start((...asked) => to(...upstreams.splice(0, 1))(...asked));
    const statuses = [await send(port), await send(port), await send(port)];
    expect(statuses.map(({ status }) => status)).toEqual([200, 502, 200]);
  });

  it.each<[string, UpstreamTls, UpstreamTls]>([
    ['identity', { identity: 'a' }, { identity: 'b' }],
    ['SNI', { servername: 'a.internal' }, { servername: 'b.internal' }],
    ['trust', {}, trusting(ONE.cert)],
  ])('shares no connection with one of another %s at the same address', async (_what, a, b) => {
    const { there, connections } = await secureUpstream();
    // As if it had proven either.
    const by = (tls: UpstreamTls): Upstream => ({
      ...there,
      tls: { ...there.tls, checkServerIdentity: () => undefined, ...tls },
    });
    const [one, other] = [by(a), by(b)];
    const upstreams = [one, by(a), other, other, one];
    const { port } = await start((...asked) => to(...upstreams.splice(0, 1))(...asked));
    const counts: number[] = [];
    while (upstreams.length > 0) {
      expect((await send(port)).status).toBe(200);
      counts.push(connections());
    }
    expect(counts).toEqual([1, 1, 2, 2, 3]);
  });
});
