import { once } from 'node:events';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  generateServiceKey,
  ownerRegistryFromEnv,
  register,
  registryFromEnv,
} from '@rollcall/client';
import { silentLogger } from '@rollcall/runtime';
import { ONE } from '../../../../test/support/certificates.ts';
import { httpServer } from '../../../../test/support/http-server.ts';
import { AuthClient } from '../../src/auth/auth-client.ts';

const serviceKey = generateServiceKey();

describe('the environment of a service without the app’s secret', () => {
  const AUTH = { ROLLCALL_AUTH_URL: 'https://auth.example.com', ROLLCALL_SERVICE_KEY: serviceKey };

  it('names the auth server and the key', () => {
    expect(ownerRegistryFromEnv(AUTH)).toEqual({ authUrl: AUTH.ROLLCALL_AUTH_URL, serviceKey });
    expect(ownerRegistryFromEnv({ ROLLCALL_AUTH_URL: '' })).toEqual(registryFromEnv({}));
  });

  it.each(['http://127.0.0.1:1502', 'http://[::1]:1502', 'https://auth.example.com/team/'])(
    'may name %s',
    (url) => {
      expect(ownerRegistryFromEnv({ ...AUTH, ROLLCALL_AUTH_URL: url })).toMatchObject({
        authUrl: url,
      });
    },
  );

  it.each([
    'http://auth.example.com',
    'auth.example.com',
    'https://user:secret@auth.example.com',
    'https://auth.example.com/?a=b',
    'https://auth.example.com?',
    'https://auth.example.com/#',
    'ftp://127.0.0.1',
  ])('does not name %s', (url) => {
    expect(() => ownerRegistryFromEnv({ ...AUTH, ROLLCALL_AUTH_URL: url })).toThrow(
      'the URL of an auth server: https, or http on loopback',
    );
  });

  it.each(['PUSHER_APP_SECRET', 'PUSHER_HOST', 'ROLLCALL_CHANNEL', 'ROLLCALL_BROKERS'])(
    'has no %s besides',
    (name) => {
      const value = name === 'ROLLCALL_BROKERS' ? 'http://k:s@127.0.0.1:1/apps/1' : 'x-y';
      expect(() => ownerRegistryFromEnv({ ...AUTH, [name]: value })).toThrow(
        `ROLLCALL_AUTH_URL and ${name} are both set`,
      );
    },
  );

  it('needs a key', () => {
    const { ROLLCALL_SERVICE_KEY: _, ...env } = AUTH;
    expect(() => ownerRegistryFromEnv(env)).toThrow('ROLLCALL_SERVICE_KEY is not set');
  });

  it('is not that of a program that reads the registry', () => {
    expect(() => registryFromEnv(AUTH)).toThrow("this one needs the app's secret");
  });
});

describe('an auth server as a service asks it', () => {
  let server: Awaited<ReturnType<typeof httpServer>>;
  let answer: { status: number; body: string };
  let asked: number;
  beforeEach(async () => {
    asked = 0;
    server = await httpServer((request, response) => {
      asked += 1;
      request.resume();
      response.writeHead(answer.status).end(answer.body);
    });
  });
  afterEach(() => server.close());
  const client = () => new AuthClient({ authUrl: `http://127.0.0.1:${server.port}`, serviceKey });

  const BROKER = { id: 'b', key: 'k', tls: true, host: 'broker.example.com', port: 6001 };
  const answers = (body: unknown, status = 200): void => {
    answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body) };
  };

  it('names the brokers of the registry', async () => {
    answers({
      channel: 'private-x',
      brokers: [BROKER, { id: 'c', key: 'k', tls: true, cluster: 'eu' }],
    });
    await expect(client().connections()).resolves.toMatchObject([
      {
        key: 'k',
        server: { host: 'broker.example.com', port: 6001 },
        channels: { registry: 'private-x' },
      },
      { key: 'k', server: { cluster: 'eu' } },
    ]);
  });

  it.each([
    ['no JSON', 'hello'],
    ['no object', '[]'],
    ['no broker', { channel: 'x', brokers: [] }],
    ['an invalid channel', { channel: 'presence-x', brokers: [BROKER] }],
    ['a host that is a URL', { channel: 'x', brokers: [{ ...BROKER, host: 'http://a/b' }] }],
    ['a port that is a text', { channel: 'x', brokers: [{ ...BROKER, port: '80' }] }],
    ['a port that is none', { channel: 'x', brokers: [{ ...BROKER, port: 70_000 }] }],
    [
      'a cluster that is a path',
      { channel: 'x', brokers: [{ ...BROKER, host: undefined, cluster: '../a' }] },
    ],
    ['a key of an app that is a path', { channel: 'x', brokers: [{ ...BROKER, key: '../k#' }] }],
    ['more than 64 KiB', { channel: 'x', brokers: Array.from({ length: 1000 }, () => BROKER) }],
    ['a broker without an id', { channel: 'x', brokers: [{ ...BROKER, id: undefined }] }],
  ])('is refused with %s', async (_what, body) => {
    answers(body);
    await expect(client().connections()).rejects.toMatchObject({ code: 'ROLLCALL_AUTH_REFUSED' });
    expect(asked).toBe(1);
  });

  it.each([
    ['that is missing', { channel_data: '{}' }],
    ['with a key of a channel that is too short', { auth: 'k:s', shared_secret: 'AAAA' }],
    [
      'with a key of a channel in another base64',
      { auth: 'k:s', shared_secret: `${'_'.repeat(43)}=` },
    ],
    ['with a key of a channel that is no text', { auth: 'k:s', shared_secret: 7 }],
  ])('does not give an authorization %s', async (_what, body) => {
    answers({ channel: 'private-encrypted-x', brokers: [BROKER] });
    const [{ access, channelKeys }] = await client().connections();
    answers(body);
    const channelName = 'private-encrypted-x.owners';
    await expect(access.authorize({ socketId: '1.2', channelName })).rejects.toMatchObject({
      code: 'ROLLCALL_AUTH_REFUSED',
      message: expect.stringContaining('its response is no authorization') as string,
    });
    expect(channelKeys?.size).toBe(0);
  });

  it.each([
    ['no JSON', 'x'],
    ['no object', 'null'],
    ['of no user', '{}'],
    ['of a member that is no text', '{"user_id":7}'],
    ['missing', undefined],
  ])('ends no service with the data of a member that is %s', async (_what, data) => {
    answers({ channel: 'x', brokers: [BROKER] });
    const [{ access }] = await client().connections();
    answers({ auth: 'k:s', channel_data: data });
    const subscription = {
      socketId: '1.2',
      channelName: 'presence-x.1',
      identity: { user_id: '1' },
    };
    await expect(access.authorize(subscription)).rejects.toMatchObject({
      code: 'ROLLCALL_AUTH_REFUSED',
      message: expect.stringContaining('no authorization of presence-x.1') as string,
    });
  });

  it('gives the key of each channel of an encrypted registry, or no authorization', async () => {
    answers({ channel: 'private-encrypted-x', brokers: [BROKER] });
    const [{ access }] = await client().connections();
    answers({ auth: 'k:s' });
    const channelName = 'private-encrypted-x.owners';
    await expect(access.authorize({ socketId: '1.2', channelName })).rejects.toMatchObject({
      code: 'ROLLCALL_AUTH_REFUSED',
    });
  });

  it('fills no memory with a response that does not end', async () => {
    let written = 0;
    const endless = await httpServer((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, ' '))) written += 65_536;
      };
      response.on('drain', more);
      more();
    });
    const [connections] = await Promise.allSettled([
      new AuthClient({ authUrl: `http://127.0.0.1:${endless.port}`, serviceKey }).connections(),
    ]);
    endless.close();
    expect(connections).toMatchObject({
      reason: { message: expect.stringContaining('has more than 65536 bytes') as string },
    });
    expect(written).toBeLessThan(20_000_000);
  });

  it('is asked three times while it may answer later, and then reported', async () => {
    for (const status of [503, 429, 500]) {
      asked = 0;
      answers({ detail: 'the broker\nis away' }, status);
      await expect(client().connections()).rejects.toMatchObject({
        code: 'ROLLCALL_AUTH_UNREACHABLE',
        message: expect.stringContaining(`(HTTP ${status}: the broker is away)`) as string,
      });
      expect(asked).toBe(3);
    }
  });

  it('is asked again when a limit allows it, so that many instances of one key can leave at once', async () => {
    const times: number[] = [];
    const busy = await httpServer((request, response) => {
      request.resume();
      times.push(performance.now());
      if (times.length === 1) response.writeHead(429, { 'retry-after': '1' }).end();
      else response.end(JSON.stringify({ channel: 'x', brokers: [BROKER] }));
    });
    await new AuthClient({ authUrl: `http://127.0.0.1:${busy.port}`, serviceKey }).connections();
    busy.close();
    const [first = 0, second = 0] = times;
    expect(second - first).toBeGreaterThan(900);
  });

  it('says what to do about a certificate that is not trusted', async () => {
    const secure = createSecureServer(ONE).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const { port } = secure.address() as AddressInfo;
    const authUrl = `https://localhost:${port}`;
    await expect(new AuthClient({ authUrl, serviceKey }).connections()).rejects.toMatchObject({
      code: 'ROLLCALL_AUTH_UNREACHABLE',
      message: expect.stringContaining('NODE_EXTRA_CA_CERTS') as string,
    });
    secure.close();
  });

  it('has service keys in no error', async () => {
    answers({ detail: 'no' }, 403);
    const error = await client()
      .connections()
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ROLLCALL_AUTH_REFUSED' });
    expect(String(error)).not.toContain(serviceKey.slice(4, 12));
  });

  it('holds up no service: that serves, logs why, and ends at once', async () => {
    answers({ detail: 'this key owns no prefix' }, 403);
    const warn = vi.fn();
    const registration = await register({
      prefix: '/v1',
      port: 3000,
      registry: { authUrl: `http://127.0.0.1:${server.port}`, serviceKey },
      logger: { ...silentLogger, warn },
    });
    expect(warn).toHaveBeenCalledWith(
      expect.objectContaining({
        err: expect.objectContaining({ code: 'ROLLCALL_AUTH_REFUSED' }) as object,
      }),
      expect.stringContaining('this key owns no prefix'),
    );
    await registration.leave();
  });

  it('is an error if the service requires a broker', async () => {
    answers('', 403);
    await expect(
      register({
        prefix: '/v1',
        port: 3000,
        requireBroker: true,
        registry: { authUrl: `http://127.0.0.1:${server.port}`, serviceKey },
      }),
    ).rejects.toMatchObject({ code: 'ROLLCALL_AUTH_REFUSED' });
  });
});
