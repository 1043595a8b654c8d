import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Announcement } from '@rollcall/protocol';
import { ELSEWHERE, ONE, TWO } from '../../../../test/support/certificates.ts';
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
const prober = new Prober(String(ONE.cert));

describe('a probe of an instance with TLS', () => {
  it('uses TLS, and trusts the configured CA', async () => {
    expect(await prober.probe(await announced(createSecureServer(ONE, well), 'https'))).toBe('ok');
  });

  it.each([
    ['by somebody else', TWO],
    ['for another address', ELSEWHERE],
  ])('fails if its certificate is %s', async (_, certificate) => {
    const instance = await announced(createSecureServer(certificate, well), 'https');
    expect(await new Prober(String(ONE.cert)).probe(instance)).toBe('failed');
    expect(await new Prober(undefined).probe(instance)).toBe('failed');
  });

  it('fails if the instance does not speak TLS', async () => {
    expect(await prober.probe(await announced(createServer(well), 'https'))).toBe('failed');
  });
});

describe('a probe', () => {
  it.each([
    [200, 'ok', 'ok'],
    [404, 'ok', 'failed'],
    [500, 'failed', 'failed'],
  ])('answered with %d is %s without a health path, %s with one', async (status, without, on) => {
    const answer: RequestListener = (_request, response) => response.writeHead(status).end();
    const instance = await announced(createServer(answer), 'http');
    expect(await prober.probe(instance)).toBe(without);
    const health = { path: '/up', method: 'GET' } as const;
    expect(await prober.probe({ ...instance, health })).toBe(on);
  });

  it('not answered in time fails', async () => {
    const instance = await announced(
      createServer(() => {}),
      'http',
    );
    expect(await new Prober(undefined, 100).probe(instance)).toBe('failed');
  });

  it('at a closed port is refused', async () => {
    const instance = await announced(createServer(), 'http');
    servers.pop()?.close();
    expect(await prober.probe(instance)).toBe('refused');
  });
});
