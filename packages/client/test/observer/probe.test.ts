import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Announcement } from '@rollcall/protocol';
import { ELSEWHERE, ONE, TWO } from '../../../../test/support/certificates.ts';
import { InstanceTls } from '@rollcall/runtime';
import { Prober } from '../../src/observer/probe.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function announced(server: Server, scheme: 'http' | 'https'): Promise<Announcement> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { prefix: '/v1', address: '127.0.0.1', port, scheme };
}

const well: RequestListener = (_request, response) => response.end('ok');
const ill: RequestListener = (_request, response) => response.writeHead(503).end();
/** Trusts this authority, or those of Node. */
function proberOf(ca?: string, timeoutMs?: number): Prober {
  const tls = new InstanceTls({ ca });
  return new Prober((announcement) => tls.optionsFor(announcement), timeoutMs);
}

const prober = proberOf(String(ONE.cert));

describe('a probe of an instance with TLS', () => {
  it('uses TLS, and trusts the configured CA', async () => {
    expect(
      await prober.probe(await announced(createSecureServer(ONE, well), 'https')),
    ).toMatchObject({ verdict: 'ok' });
  });

  it.each([
    ['by another authority', TWO],
    ['for another address', ELSEWHERE],
  ])('fails if its certificate is %s', async (_, certificate) => {
    const instance = await announced(createSecureServer(certificate, well), 'https');
    for (const ca of [String(ONE.cert), undefined])
      expect(await proberOf(ca).probe(instance)).toMatchObject({ verdict: 'unidentified' });
  });

  it('fails if the instance does not speak TLS', async () => {
    expect(await prober.probe(await announced(createServer(well), 'https'))).toMatchObject({
      verdict: 'failed',
    });
  });
});

describe('a probe', () => {
  it.each([
    [200, 'ok', 'ok'],
    [302, 'ok', 'ok'],
    [400, 'ok', 'failed'],
    [401, 'ok', 'failed'],
    [403, 'ok', 'failed'],
    [404, 'ok', 'failed'],
    [405, 'ok', 'failed'],
    [410, 'ok', 'failed'],
    [429, 'ok', 'failed'],
    [500, 'failed', 'failed'],
    [501, 'ok', 'failed'],
  ])('answered with %d is %s without a health path, %s with one', async (status, without, on) => {
    const answer: RequestListener = (_request, response) => response.writeHead(status).end();
    const instance = await announced(createServer(answer), 'http');
    expect(await prober.probe(instance)).toMatchObject({ verdict: without });
    const health = { path: '/up', method: 'GET' } as const;
    expect(await prober.probe({ ...instance, health })).toMatchObject({ verdict: on });
  });

  it('not answered in time is a timeout', async () => {
    const instance = await announced(
      createServer(() => {}),
      'http',
    );
    expect(await proberOf(undefined, 100).probe(instance)).toMatchObject({ verdict: 'timeout' });
  });

  it('waits for a late answer instead of sending a second request', async () => {
    const waiting: ServerResponse[] = [];
    const instance = await announced(
      createServer((_request, response) => waiting.push(response)),
      'http',
    );
    const overdue: unknown[] = [];
    const onTimeout = (probed: unknown): boolean => {
      overdue.push(probed);
      if (overdue.length === 2) waiting[0]?.end();
      return true;
    };
    expect(await proberOf(undefined, 100).probe(instance, onTimeout)).toMatchObject({
      verdict: 'ok',
    });
    expect(overdue.length).toBeGreaterThan(1);
    for (const each of overdue) expect(each).toMatchObject({ verdict: 'timeout', isPending: true });
    expect(waiting).toHaveLength(1);
  });

  it('at a closed port is refused', async () => {
    const instance = await announced(createServer(), 'http');
    servers.pop()?.close();
    expect(await prober.probe(instance)).toMatchObject({ verdict: 'refused' });
  });

  it('sends the Host that the instance announces', async () => {
    const hosts: (string | undefined)[] = [];
    const strict: RequestListener = ({ headers }, response) => {
      hosts.push(headers.host);
      response.writeHead(headers.host === 'example.com' ? 200 : 400).end();
    };
    const instance = await announced(createServer(strict), 'http');
    const health = { path: '/up', method: 'GET', host: 'example.com' } as const;
    expect(await prober.probe({ ...instance, health })).toMatchObject({ verdict: 'ok' });
    expect(hosts).toEqual(['example.com']);
  });

  it('says what was requested and what came of it', async () => {
    const instance = await announced(createServer(ill), 'http');
    expect(await prober.probe(instance)).toEqual({
      verdict: 'failed',
      by: 'probe',
      attempt: { method: 'GET', path: '/health', outcome: { status: 503 } },
    });
  });
});

describe('a connection alone', () => {
  it('shows that a port accepts, without a request', async () => {
    let requests = 0;
    const instance = await announced(
      createServer(() => requests++),
      'http',
    );
    expect(await prober.connect(instance)).toEqual({ verdict: 'ok', by: 'connect' });
    expect(requests).toBe(0);
  });

  it('at a closed port is refused', async () => {
    const instance = await announced(createServer(), 'http');
    servers.pop()?.close();
    expect(await prober.connect(instance)).toEqual({
      verdict: 'refused',
      by: 'connect',
      attempt: { outcome: { code: 'ECONNREFUSED' } },
    });
  });
});
