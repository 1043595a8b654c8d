import { describe, expect, it, vi } from 'vitest';
import { registryFromEnv, describeBrokers } from '@rollcall/client';
import { warnIfReadable } from '../../src/transport/registry-config.ts';

const APP = { PUSHER_APP_ID: '7', PUSHER_APP_KEY: 'k', PUSHER_APP_SECRET: 's3cret' };

describe('registryFromEnv', () => {
  it('is the embedded broker with the development app by default', () => {
    expect(registryFromEnv({})).toMatchObject({
      brokers: [
        {
          appId: '1',
          key: 'rollcall-development-key',
          secret: 'rollcall-development-secret',
          tls: false,
          server: { host: '127.0.0.1', port: 6001 },
          source: 'nothing',
        },
      ],
    });
  });

  it('treats an empty variable as unset', () => {
    const env = { PUSHER_APP_ID: '', PUSHER_HOST: '', PUSHER_PORT: '', PUSHER_APP_SECURE: '' };
    expect(registryFromEnv(env)).toEqual(registryFromEnv({}));
  });

  it('is hosted Pusher with TLS if a cluster is set', () => {
    expect(registryFromEnv({ ...APP, PUSHER_APP_CLUSTER: 'eu' })).toMatchObject({
      brokers: [
        {
          appId: '7',
          key: 'k',
          secret: 's3cret',
          tls: true,
          server: { cluster: 'eu' },
          source: 'variables',
        },
      ],
    });
  });

  it('is a self-hosted server if a host is set, regardless of the cluster', () => {
    const env = {
      ...APP,
      PUSHER_HOST: 'broker.internal',
      PUSHER_PORT: '80',
      PUSHER_APP_CLUSTER: 'eu',
    };
    expect(registryFromEnv(env)).toMatchObject({
      brokers: [{ tls: false, server: { host: 'broker.internal', port: 80 }, source: 'variables' }],
    });
  });

  it.each([
    ['1', true],
    ['0', false],
  ])('reads PUSHER_APP_SECURE=%s as TLS %s', (text, tls) => {
    const secure = { ...APP, PUSHER_APP_SECURE: text };
    expect(registryFromEnv({ ...secure, PUSHER_APP_CLUSTER: 'eu' }).brokers[0].tls).toBe(tls);
    expect(registryFromEnv({ ...secure, PUSHER_HOST: 'b' }).brokers[0].tls).toBe(tls);
  });

  it.each(['::1', '[::1]', 'localhost', '127.0.0.2'])(
    'accepts the development app at %s',
    (host) => {
      expect(registryFromEnv({ PUSHER_HOST: host }).brokers[0].appId).toBe('1');
    },
  );

  it.each([
    [{ PUSHER_APP_ID: '7' }, /PUSHER_APP_KEY and PUSHER_APP_SECRET not set/],
    [{ ...APP, PUSHER_APP_SECRET: '' }, /^PUSHER_APP_SECRET not set/],
    [{ PUSHER_HOST: '10.0.0.1' }, /development credentials are for a broker on loopback/],
    [{ PUSHER_APP_CLUSTER: 'eu' }, /development credentials are for a broker on loopback/],
    [{ PUSHER_APP_SECURE: 'yes' }, /PUSHER_APP_SECURE is "yes"/],
    [{ PUSHER_PORT: '70000' }, /PUSHER_PORT is "70000"; it must be a whole number from 1 to 65535/],
    [{ PUSHER_PORT: '0' }, /PUSHER_PORT is "0"/],
    [{ ...APP, PUSHER_HOST: 'http://b' }, /PUSHER_HOST is "http:\/\/b"/],
    [{ ...APP, PUSHER_HOST: 'b:80/x' }, /PUSHER_HOST is/],
    [{ ...APP, PUSHER_APP_CLUSTER: 'eu.evil.example/' }, /PUSHER_APP_CLUSTER is/],
  ])('refuses %j', (env, message) => {
    expect(() => registryFromEnv(env)).toThrow(message);
    expect(() => registryFromEnv(env)).toThrow(
      expect.objectContaining({ code: 'ROLLCALL_CONFIG' }) as Error,
    );
    expect(() => registryFromEnv(env)).not.toThrow(/s3cret/);
  });
});

const read = (channel: string, key = '') =>
  registryFromEnv({ ROLLCALL_CHANNEL: channel, ROLLCALL_MASTER_KEY: key });

describe('the name of the registry', () => {
  const KEY = Buffer.alloc(32, 7).toString('base64');

  it('is mapped-discovery by default, and may be private or encrypted', () => {
    expect(read('').channels).toMatchObject({ registry: 'mapped-discovery', isPublic: true });
    expect(read('private-x').channels).toMatchObject({ registry: 'private-x', isPublic: false });
    const encrypted = read('private-encrypted-x', KEY);
    expect(encrypted).toMatchObject({ channels: { isEncrypted: true }, masterKey: KEY });
    expect(read('private-x')).not.toHaveProperty('masterKey');
  });

  it.each([
    ['presence-x', '', /^ROLLCALL_CHANNEL is "presence-x"; it must be/],
    ['private-cache-x', '', /^ROLLCALL_CHANNEL is /],
    ['x y', '', /^ROLLCALL_CHANNEL is /],
    ['mapped-discovery', KEY, /^ROLLCALL_MASTER_KEY is set, but the channel is not encrypted/],
    ['private-x', KEY, /^ROLLCALL_MASTER_KEY is set, but the channel is not encrypted/],
    ['private-encrypted-x', '', /^ROLLCALL_MASTER_KEY is not set: .* 32 bytes in base64/],
    ['private-encrypted-x', KEY.slice(4), /^ROLLCALL_MASTER_KEY is invalid; it must be 32 bytes/],
    ['private-encrypted-x', `${KEY}AAAA`, /^ROLLCALL_MASTER_KEY is invalid; it must be 32 bytes/],
    // Node would read these too, and the SDK does not.
    [
      'private-encrypted-x',
      KEY.replace('=', ''),
      /^ROLLCALL_MASTER_KEY is invalid; it must be 32 bytes/,
    ],
    ['private-encrypted-x', ` ${KEY}`, /^ROLLCALL_MASTER_KEY is invalid; it must be 32 bytes/],
    ['private-encrypted-x', '_'.repeat(43), /^ROLLCALL_MASTER_KEY is invalid; it must be 32 bytes/],
  ])('%s with a key %j is refused, without quoting the key', (channel, key, message) => {
    expect(() => read(channel, key)).toThrow(message);
    expect(() => read(channel, key)).toThrow(
      expect.objectContaining({ code: 'ROLLCALL_CONFIG' }) as Error,
    );
    if (key !== '') expect(() => read(channel, key)).not.toThrow(key.trim().slice(0, 8));
  });
});

const hosted = (channel = '') =>
  registryFromEnv({ ...APP, PUSHER_APP_CLUSTER: 'eu', ROLLCALL_CHANNEL: channel });

describe('warnIfReadable', () => {
  it('warns once in a process about a public channel off loopback', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    warnIfReadable(registryFromEnv({}));
    warnIfReadable(hosted('private-mapped-discovery'));
    expect(warn).not.toHaveBeenCalled();
    warnIfReadable(hosted());
    warnIfReadable(hosted());
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]?.[0]).toMatch(/mapped-discovery is public.*Set ROLLCALL_CHANNEL to/);
    warn.mockRestore();
  });
});

describe('describeBrokers', () => {
  it('shows the address without credentials', () => {
    const self = registryFromEnv({ ...APP, PUSHER_HOST: '::1', PUSHER_PORT: '80' });
    expect(describeBrokers(self)).toBe('[::1]:80');
    const hosted = registryFromEnv({ ...APP, PUSHER_APP_CLUSTER: 'eu' });
    expect(describeBrokers(hosted)).toBe('hosted Pusher (cluster eu)');
  });
});
