import { describe, expect, it } from 'vitest';
import { connectionFromEnvironment, describeServer } from '@rollcall/client';

const APP = { PUSHER_APP_ID: '7', PUSHER_APP_KEY: 'k', PUSHER_APP_SECRET: 's3cret' };

describe('connectionFromEnvironment', () => {
  it('is the embedded broker with the development app when nothing is set', () => {
    expect(connectionFromEnvironment({})).toMatchObject({
      appId: '1',
      key: 'rollcall-development-key',
      secret: 'rollcall-development-secret',
      tls: false,
      server: { host: '127.0.0.1', port: 6001 },
      embedded: true,
    });
  });

  it('takes an empty value for an unset one', () => {
    const env = { PUSHER_APP_ID: '', PUSHER_HOST: '', PUSHER_PORT: '', PUSHER_APP_SECURE: '' };
    expect(connectionFromEnvironment(env)).toEqual(connectionFromEnvironment({}));
  });

  it('is hosted Pusher, by TLS, when a cluster is set', () => {
    expect(connectionFromEnvironment({ ...APP, PUSHER_APP_CLUSTER: 'eu' })).toMatchObject({
      appId: '7',
      key: 'k',
      secret: 's3cret',
      tls: true,
      server: { cluster: 'eu' },
      embedded: false,
    });
  });

  it('is a self-hosted server when a host is set, whatever the cluster', () => {
    const env = {
      ...APP,
      PUSHER_HOST: 'broker.internal',
      PUSHER_PORT: '80',
      PUSHER_APP_CLUSTER: 'eu',
    };
    expect(connectionFromEnvironment(env)).toMatchObject({
      tls: false,
      server: { host: 'broker.internal', port: 80 },
      embedded: false,
    });
  });

  it.each([
    ['1', true],
    ['0', false],
  ])('takes PUSHER_APP_SECURE=%s for TLS %s', (text, tls) => {
    const secure = { ...APP, PUSHER_APP_SECURE: text };
    expect(connectionFromEnvironment({ ...secure, PUSHER_APP_CLUSTER: 'eu' }).tls).toBe(tls);
    expect(connectionFromEnvironment({ ...secure, PUSHER_HOST: 'b' }).tls).toBe(tls);
  });

  it.each(['::1', '[::1]', 'localhost', '127.0.0.2'])('lets the development app use %s', (host) => {
    expect(connectionFromEnvironment({ PUSHER_HOST: host }).appId).toBe('1');
  });

  it.each([
    [{ PUSHER_APP_ID: '7' }, /PUSHER_APP_KEY and PUSHER_APP_SECRET not set/],
    [{ ...APP, PUSHER_APP_SECRET: '' }, /^PUSHER_APP_SECRET not set/],
    [{ PUSHER_HOST: '10.0.0.1' }, /development credentials are for a broker on loopback/],
    [{ PUSHER_APP_CLUSTER: 'eu' }, /development credentials are for a broker on loopback/],
    [{ PUSHER_APP_SECURE: 'yes' }, /PUSHER_APP_SECURE is "yes"/],
    [{ PUSHER_PORT: '70000' }, /PUSHER_PORT: port is "70000"/],
    [{ PUSHER_PORT: '0' }, /PUSHER_PORT: port is "0"/],
    [{ ...APP, PUSHER_HOST: 'http://b' }, /PUSHER_HOST is "http:\/\/b"/],
    [{ ...APP, PUSHER_HOST: 'b:80/x' }, /PUSHER_HOST is/],
    [{ ...APP, PUSHER_APP_CLUSTER: 'eu.evil.example/' }, /PUSHER_APP_CLUSTER is/],
  ])('refuses %j', (env, message) => {
    expect(() => connectionFromEnvironment(env)).toThrow(message);
    expect(() => connectionFromEnvironment(env)).toThrow(
      expect.objectContaining({ code: 'ROLLCALL_CONFIG' }) as Error,
    );
    expect(() => connectionFromEnvironment(env)).not.toThrow(/s3cret/);
  });
});

describe('describeServer', () => {
  it('says where, and no more', () => {
    const self = connectionFromEnvironment({ ...APP, PUSHER_HOST: '::1', PUSHER_PORT: '80' });
    expect(describeServer(self)).toBe('[::1]:80');
    const hosted = connectionFromEnvironment({ ...APP, PUSHER_APP_CLUSTER: 'eu' });
    expect(describeServer(hosted)).toBe('hosted Pusher (cluster eu)');
  });
});
