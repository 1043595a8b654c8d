import { describe, expect, it } from 'vitest';
import { describeBrokers, registryFromEnv } from '@rollcall/client';

const of = (text: string) => registryFromEnv({ ROLLCALL_BROKERS: text }).brokers;

describe('ROLLCALL_BROKERS', () => {
  it('names brokers by URLs, as the server libraries take them', () => {
    expect(of('http://k:s3cret@10.0.0.7:6001/apps/7, https://k2:s2@b.example/apps/8')).toEqual([
      {
        appId: '7',
        key: 'k',
        secret: 's3cret',
        tls: false,
        server: { host: '10.0.0.7', port: 6001 },
        source: 'list',
      },
      {
        appId: '8',
        key: 'k2',
        secret: 's2',
        tls: true,
        server: { host: 'b.example', port: 443 },
        source: 'list',
      },
    ]);
  });

  it.each([
    ['https://k:s3cret@api-eu.pusher.com/apps/7', { cluster: 'eu' }],
    ['https://k:s3cret@api.pusherapp.com/apps/7', { cluster: 'mt1' }],
    ['http://k:s3cret@[::1]:6001/apps/7/', { host: '::1', port: 6001 }],
    ['http://k:s3cret@b.example/apps/7', { host: 'b.example', port: 80 }],
  ])('takes %s for a server', (url, server) => {
    expect(of(url)[0].server).toEqual(server);
  });

  it('takes characters that a URL has to encode', () => {
    expect(of('http://k:a%2Fb%2Cc@b:6001/apps/7')[0].secret).toBe('a/b,c');
  });

  it('is shown without credentials', () => {
    const registry = registryFromEnv({
      ROLLCALL_BROKERS: 'http://k:s3cret@b:6001/apps/7,https://k:s3cret@api-eu.pusher.com/apps/7',
    });
    expect(describeBrokers(registry)).toBe('b:6001, hosted Pusher (cluster eu)');
  });

  it.each([
    ['b:6001', /^ROLLCALL_BROKERS: URL is no http or https URL; it must be like https:\/\/KEY/],
    ['ws://k:s3cret@b/apps/7', /URL is no http or https URL/],
    ['http://k:s3cret@b,http://k:s3cret@c/apps/7', /URL 1 \(b\) does not end with \/apps\/ID/],
    ['http://k:s3cret@b/apps/7?x=1', /URL \(b\) does not end with/],
    ['http://k:s3cret@b/apps/7,http://k@c:1/apps/7', /URL 2 \(c:1\) has no key and secret/],
    ['http://k:set-this@b/apps/7', /URL \(b\) has a placeholder as its secret/],
    ['http://k:s3cret@b/apps/7,http://x:s3cret@b:80/apps/8', /b:80 is there twice/],
    ['http://k:s3cret@b:0/apps/7', /URL \(b:0\) has port 0/],
    ['https://k:s3cret@ws-eu.pusher.com/apps/7', /name api-eu\.pusher\.com/],
    [
      'http://k:s%zz@b:6001/apps/7',
      /\(b:6001\) has a % that begins no code of a character; write % as %25/,
    ],
    ['http://k:s3/cret@b:6001/apps/7', /other characters of the secret encoded, such as \/ as %2F/],
    [' , ,', /ROLLCALL_BROKERS names no broker/],
  ])('refuses %s', (text, message) => {
    expect(() => of(text)).toThrow(message);
    expect(() => of(text)).toThrow(expect.objectContaining({ code: 'ROLLCALL_CONFIG' }) as Error);
    expect(() => of(text)).not.toThrow(/s3cret/);
    expect(() => of(text)).not.toThrow(/\n/);
  });

  it.each(['PUSHER_HOST', 'PUSHER_PORT', 'PUSHER_APP_SECRET', 'PUSHER_APP_CLUSTER'])(
    'is refused together with %s, which would name another broker',
    (name) => {
      const env = { ROLLCALL_BROKERS: 'http://k:s3cret@b:6001/apps/7', [name]: '7' };
      expect(() => registryFromEnv(env)).toThrow(
        `ROLLCALL_BROKERS and ${name} are both set: ROLLCALL_BROKERS names every broker with its app, so unset ${name}`,
      );
    },
  );

  it('is not set if it is empty', () => {
    expect(registryFromEnv({ ROLLCALL_BROKERS: '' })).toEqual(registryFromEnv({}));
  });
});
