import { once } from 'node:events';
import { createServer as createHttpsServer, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect as connectPlainly } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { AddressInfo } from 'node:net';
import { ELSEWHERE, ONE, TWO } from '../../../../test/support/certificates.ts';
import {
  afterwards,
  rawClient,
  listen,
  rawServer,
  sendRequest,
  startProxy,
  forwardToEach,
  httpServer,
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
  it('forwards the scheme https, and bodies both ways', async () => {
    const there = await httpServer((request, response) => {
      const { 'x-forwarded-proto': proto, forwarded } = request.headers;
      response.setHeader('x-told', `${String(proto)} ${String(forwarded)}`);
      request.pipe(response);
    });
    const { port } = await startProxy(forwardToEach(there), { certificate: ONE });
    const body = Buffer.alloc(3_000_000, 'no two 9 bytes');
    const answer = await ask(port, { method: 'POST', body });
    expect(answer.headers['x-told']).toMatch(/^https for=127\.0\.0\.1;.*;proto=https$/);
    expect(answer.body.equals(body)).toBe(true);
  });

  it('tunnels a WebSocket', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    afterwards(() => server.close());
    await once(server, 'listening');
    server.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
    const there = { key: 'a', address: '127.0.0.1', port: (server.address() as AddressInfo).port };
    const { port } = await startProxy(forwardToEach(there), { certificate: ONE });
    const socket = new WebSocket(`wss://127.0.0.1:${port}/`, { ca: ONE.cert });
    await once(socket, 'open');
    socket.send('hello');
    expect(String((await once(socket, 'message'))[0])).toBe('hello');
    socket.terminate();
  });

  it('negotiates only HTTP/1.1', async () => {
    const { port } = await startProxy(forwardToEach(), { certificate: ONE });
    expect((await secured(port, { ALPNProtocols: ['h2', 'http/1.1'] })).alpnProtocol).toBe(
      'http/1.1',
    );
    expect((await secured(port)).alpnProtocol).toBe(false);
    await expect(secured(port, { ALPNProtocols: ['h2'] })).rejects.toThrow(
      /no application protocol/,
    );
  });

  it('closes a connection without TLS, and keeps working', async () => {
    const there = await httpServer((_request, response) => response.end('ok'));
    const { port } = await startProxy(forwardToEach(there), { certificate: ONE });
    const plain = rawClient(port);
    plain.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await plain.all).not.toContain('HTTP');
    const leaves = connectPlainly(port, '127.0.0.1');
    leaves.write('\u0016\u0003\u0001');
    await once(leaves, 'connect');
    leaves.resetAndDestroy();
    expect((await ask(port)).status).toBe(200);
  });

  it('does not end a response cleanly that the instance aborted', async () => {
    const { port } = await startProxy(
      forwardToEach(await rawServer('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')),
      {
        certificate: ONE,
        limits: { answerBodyMs: 100 },
      },
    );
    const socket = await secured(port);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await expect(text(socket)).rejects.toThrow(/ECONNRESET/);
  });

  it('counts connections before their handshake', async () => {
    const limits = { connectionsPerAddress: 2 };
    const { port } = await startProxy(forwardToEach(), { certificate: ONE, limits });
    const silent = [rawClient(port), rawClient(port)];
    await Promise.all(silent.map(({ socket }) => once(socket, 'connect')));
    await rawClient(port).closed;
    silent[0]?.socket.destroy();
    await expect.poll(() => secured(port).then(nameOf, () => 'refused')).toBe('one');
  });

  it('closes connections with a slow handshake, and does not wait for them when it closes', async () => {
    const slow = await startProxy(forwardToEach(), { certificate: ONE, limits: { headMs: 100 } });
    await rawClient(slow.port).closed;
    const { engine, port } = await startProxy(forwardToEach(), { certificate: ONE });
    const silent = rawClient(port);
    await once(silent.socket, 'connect');
    await secured(port);
    await engine.close(3_600_000);
    await silent.closed;
  });

  it('uses a renewed certificate for new connections, and keeps existing ones', async () => {
    const there = await httpServer((_request, response) => response.end('ok'));
    const { engine, port } = await startProxy(forwardToEach(there), { certificate: ONE });
    const before = await secured(port);
    engine.configure({ certificate: TWO });
    expect(nameOf(await secured(port))).toBe('two');
    expect(() => engine.configure({ certificate: { cert: ONE.cert, key: TWO.key } })).toThrow(
      /belong together/,
    );
    expect(() => engine.configure({ certificate: { cert: 'no PEM', key: TWO.key } })).toThrow(
      /cannot be used/,
    );
    expect(nameOf(await secured(port))).toBe('two');
    before.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await text(before)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('does not start with a key of another certificate', async () => {
    await expect(
      startProxy(forwardToEach(), { certificate: { ...ONE, key: TWO.key } }),
    ).rejects.toMatchObject({
      code: 'ERR_PROXY_CERTIFICATE',
    });
  });
});

/** An instance that sends back what it gets. */
async function secureUpstream() {
  const server = createHttpsServer(ONE, (request, response) => request.pipe(response));
  afterwards(() => server.closeAllConnections());
  let connections = 0;
  server.on('secureConnection', () => connections++);
  return { there: { ...(await listen(server)), isSecure: true }, connections: () => connections };
}

describe('an upstream with TLS', () => {
  it('receives requests on persistent connections', async () => {
    const { there, connections } = await secureUpstream();
    const { port } = await startProxy(forwardToEach(there), { upstreamCa: ONE.cert });
    for (const body of ['', 'small', 'x'.repeat(500_000)])
      expect((await sendRequest(port, { method: 'POST', body })).body).toBe(body);
    expect(connections()).toBe(1);
  });

  it('receives nothing if its certificate has an unknown issuer', async () => {
    const { there } = await secureUpstream();
    for (const options of [{}, { instanceCa: TWO.cert }]) {
      const verdicts: string[] = [];
      const { port } = await startProxy(forwardToEach(there), {
        ...options,
        onUnreachable: (_upstream, verdict) => verdicts.push(verdict),
      });
      const { status, body } = await sendRequest(port);
      expect(status).toBe(502);
      expect(body).toMatch(/CERT|SIGNATURE/);
      expect(verdicts).toEqual(['failed']);
    }
  });

  it('receives nothing if its certificate is for another address', async () => {
    const server = createHttpsServer(ELSEWHERE, (_request, response) => response.end());
    const there = { ...(await listen(server)), isSecure: true };
    const { port } = await startProxy(forwardToEach(there), { upstreamCa: ELSEWHERE.cert });
    expect((await sendRequest(port)).body).toMatch(/ERR_TLS_CERT_ALTNAME_INVALID/);
  });

  it('shares no connections with an upstream without TLS at the same address', async () => {
    const { there } = await secureUpstream();
    const upstreams = [there, { ...there, isSecure: false }, there];
    const { port } = await startProxy(
      (...asked) => forwardToEach(...upstreams.splice(0, 1))(...asked),
      {
        upstreamCa: ONE.cert,
      },
    );
    const statuses = [await sendRequest(port), await sendRequest(port), await sendRequest(port)];
    expect(statuses.map(({ status }) => status)).toEqual([200, 502, 200]);
  });
});
