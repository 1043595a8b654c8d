import type { IncomingMessage } from 'node:http';
import { request as requestPlain } from 'node:http';
import { request } from 'node:https';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { generateServiceKey, publicKeyOf, register } from '@rollcall/client';
import { silentLogger } from '@rollcall/runtime';
import { AUTH_PATHS, idWithKey } from '@rollcall/protocol';
import { Signer } from '../../../client/src/trust/signer.ts';
import { askAuth, proofOf } from '../../../../test/support/auth.ts';
import { FILES, ONE } from '../../../../test/support/certificates.ts';
import { ask } from '../../../../test/support/cluster.ts';
import { APP } from '../../../../test/support/connection.ts';
import { loggerTo } from '../../../../test/support/log.ts';
import { TestRegistry } from '../../../../test/support/registry.ts';
import { startAuthServer } from '../../src/auth/auth-server.ts';
import type { AuthConfig, RunningAuthServer } from '../../src/auth/auth-server.ts';
import { resolveConfig } from '../../src/settings/config.ts';
import type { GatewayConfig } from '../../src/settings/config.ts';

const OWNER = generateServiceKey();

let broker: TestRegistry;
beforeAll(async () => {
  broker = await TestRegistry.start();
});
afterAll(() => broker.end());

let server: RunningAuthServer;
const warn = vi.fn();
const error = vi.fn();
beforeEach(async () => {
  warn.mockClear();
  error.mockClear();
  server = await start({});
});
afterEach(() => server.close());

function configOf(auth: object): AuthConfig {
  const given: GatewayConfig = {
    owners: { '/v1': [publicKeyOf(OWNER)] },
    auth: { port: 0, ...auth },
  };
  const config = resolveConfig(given);
  if (config.auth === undefined) throw new Error('there is no auth');
  return { ...config, auth: config.auth };
}

function start(auth: object): Promise<RunningAuthServer> {
  return startAuthServer({
    config: configOf(auth),
    registry: broker.connection,
    logger: { ...silentLogger, warn, error },
  });
}

const registry = (key = OWNER) => askAuth(server.url, key, AUTH_PATHS.registry, {});

/** Sends a body as it is, with the proof that it needs. */
const announceText = (body: string) =>
  ask(server.url + AUTH_PATHS.announce, {
    method: 'POST',
    body,
    headers: { authorization: proofOf(OWNER, AUTH_PATHS.announce, body) },
  });

/** The status of the response to a request whose body comes in chunks, and may not end. */
async function statusOfChunks(body: string, ends = true): Promise<number | undefined> {
  const headers = { authorization: proofOf(OWNER, AUTH_PATHS.registry, body) };
  const sent = requestPlain(server.url + AUTH_PATHS.registry, { method: 'POST', headers });
  sent.on('error', () => {});
  sent.write(body);
  if (ends) sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  sent.destroy();
  return response.statusCode;
}

/** The code in the response to a request. */
async function codeOf(answer: Promise<{ body: string }>): Promise<string> {
  return (JSON.parse((await answer).body) as { code: string }).code;
}

describe('an auth server', () => {
  it('says where the registry is, and not the secret', async () => {
    const { status, body } = await registry();
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({
      channel: 'mapped-discovery',
      brokers: [
        {
          id: `127.0.0.1:${broker.broker.port} ${APP.key}`,
          key: APP.key,
          tls: false,
          host: '127.0.0.1',
          port: broker.broker.port,
        },
      ],
    });
  });

  it('refuses a request without a proof, with a challenge, and logs it', async () => {
    const { status, headers, body } = await ask(server.url + AUTH_PATHS.registry, {
      method: 'POST',
      body: '{}',
    });
    expect({ status, challenge: headers['www-authenticate'] }).toEqual({
      status: 401,
      challenge: 'Rollcall',
    });
    expect(JSON.parse(body)).toMatchObject({ code: 'proof-needed', status: 401 });
    expect(warn).toHaveBeenCalledWith(
      expect.objectContaining({ from: '127.0.0.1', code: 'proof-needed' }),
      'refused a request to the auth server',
    );
  });

  it('knows neither other paths nor other methods', async () => {
    await expect(codeOf(ask(`${server.url}/auth/all`, { method: 'POST' }))).resolves.toBe(
      'unknown-path',
    );
    const { status, headers } = await ask(server.url + AUTH_PATHS.announce);
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'POST' });
    await expect(ask(`${server.url}/healthz`)).resolves.toMatchObject({ status: 200 });
  });

  it('does not read a body without end', async () => {
    const body = 'x'.repeat(100_000);
    await expect(
      codeOf(ask(server.url + AUTH_PATHS.announce, { method: 'POST', body })),
    ).resolves.toBe('too-large');
  });

  it('reads a body in chunks, as proxies send it, and not one without end', async () => {
    await expect(statusOfChunks('{}')).resolves.toBe(200);
    await expect(statusOfChunks('x'.repeat(100_000), false)).resolves.toBe(413);
  });

  it('reports a body that breaks off as the fault of its sender', async () => {
    const sent = requestPlain(server.url + AUTH_PATHS.registry, {
      method: 'POST',
      headers: { 'content-length': 2 },
    });
    sent.on('error', () => {});
    sent.write('{', () => sent.destroy());
    await vi.waitFor(() => expect([...server.counts]).toEqual([[{ result: 'bad-request' }, 1]]));
    expect(error).not.toHaveBeenCalled();
  });

  it('refuses a body that is no object, and a broker that it does not have', async () => {
    for (const body of ['[]', 'x', '', '{"broker":"127.0.0.1:1 k","event":"exit"}'])
      await expect(codeOf(announceText(body))).resolves.toBe('bad-request');
    // As of a service that was started before the broker moved.
    const { body } = await announceText('{"broker":"127.0.0.1:1 k","event":"exit"}');
    expect(body).toContain('restart the service');
  });

  it('serves so many requests of a key, and by the configuration as it is now', async () => {
    server.configure(configOf({ rate: '1/h', burst: 2 }));
    const answers = [await registry(), await registry(), await registry()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(Number(answers[2]?.headers['retry-after'])).toBeGreaterThan(60);
    expect(answers[2]?.body).toContain('raise auth.rate');
    server.configure(configOf({ rate: '1000/s', burst: 1000 }));
    await expect(registry()).resolves.toMatchObject({ status: 200 });
  });

  it('answers 429 to a network whose requests are refused again and again, and serves its valid ones', async () => {
    for (let time = 0; time < 30; time++)
      await expect(codeOf(registry(generateServiceKey()))).resolves.toBe('unknown-key');
    await expect(codeOf(registry(generateServiceKey()))).resolves.toBe('too-many-failures');
    // One that is misconfigured must not lock out the others behind the same address.
    await expect(registry()).resolves.toMatchObject({ status: 200 });
  });

  it('says that the broker refuses, or is away', async () => {
    const id = idWithKey('a', publicKeyOf(OWNER));
    const announcement = { prefix: '/v1', address: '10.0.0.1', port: 80, id, inc: 1, seq: 0 };
    const signer = Signer.of({ serviceKey: OWNER });
    const fields = {
      broker: `127.0.0.1:${broker.broker.port} ${APP.key}`,
      event: 'register',
      announcement: signer?.sign('mapped-discovery', { announcement, left: false }),
    };
    const announce = () => askAuth(server.url, OWNER, AUTH_PATHS.announce, fields);
    await expect(announce()).resolves.toMatchObject({ status: 200 });
    await broker.broker.configure({ apps: [{ ...APP, secret: 'another-secret' }] });
    await expect(codeOf(announce())).resolves.toBe('broker-refused');
    await broker.stop();
    await expect(codeOf(announce())).resolves.toBe('broker-unreachable');
    await broker.startAgain();
  });

  it('does not authorize a member that is too large', async () => {
    const id = idWithKey('a'.repeat(40), publicKeyOf(OWNER));
    const announcement = { prefix: '/v1', address: '10.0.0.1', port: 80, id, inc: 1, seq: 0 };
    const large = {
      ...announcement,
      name: 'n'.repeat(255),
      host: 'h'.repeat(255),
      version: 'v'.repeat(240),
    };
    const signer = Signer.of({ serviceKey: OWNER });
    const fields = {
      broker: `127.0.0.1:${broker.broker.port} ${APP.key}`,
      socket_id: '1.1',
      channel_name: `presence-mapped-discovery.${id}`,
      announcement: signer?.sign('mapped-discovery', { announcement: large, left: false }),
    };
    const answer = askAuth(server.url, OWNER, AUTH_PATHS.channel, fields);
    await expect(codeOf(answer)).resolves.toBe('bad-announcement');
    expect((await answer).body).toContain('as a presence member');
  });

  it('speaks TLS with its certificate', async () => {
    server.close();
    server = await start(FILES.one);
    expect(server.url).toMatch(/^https:/);
    const sent = request(`${server.url}/healthz`, { ca: ONE.cert, agent: false }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    await expect(text(response)).resolves.toBe('ok\n');
  });
});

it('warns that services on other machines do not reach a broker on loopback', async () => {
  const open = await start({ host: '0.0.0.0', isBehindTls: true });
  open.close();
  expect(warn).toHaveBeenCalledWith(
    { broker: `127.0.0.1:${broker.broker.port}` },
    expect.stringContaining('services on other machines cannot reach this broker'),
  );
});

it.each([
  [{ host: '0.0.0.0' }, '`auth.cert` is missing off loopback'],
  [{ cert: 'a.pem' }, '`auth.key` is missing'],
  [{ key: 'a.pem' }, '`auth.cert` is missing'],
])('is not configured by %j', (auth, problem) => {
  expect(() => configOf(auth)).toThrow(problem);
});

it('may speak HTTP off loopback behind a proxy with TLS', () => {
  expect(configOf({ host: '0.0.0.0', isBehindTls: true }).auth.host).toBe('0.0.0.0');
});

describe('instances that share a connection', () => {
  it('each log their own refusal, and no other', async () => {
    const own = { authUrl: server.url, serviceKey: OWNER };
    const where = { address: '127.0.0.1', port: 3000, registry: own };
    const announce = (prefix: string, lines: string[]) =>
      register({ prefix, ...where, logger: loggerTo(lines) });
    const [allowed, refused]: [string[], string[]] = [[], []];
    const one = await announce('/v1', allowed);
    const two = await announce('/v2', refused);
    await Promise.all([one.leave(), two.leave()]);
    expect(refused.join('\n')).toContain('not registered yet');
    expect(allowed).toEqual(['registered prefix=/v1 address=127.0.0.1 port=3000']);
  });
});
