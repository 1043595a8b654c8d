import { describe, expect, it } from 'vitest';
import { DEVELOPMENT_APP } from '@rollcall/protocol';
import { readOptions } from '../../src/settings/options.ts';

const app = { appId: '1', key: 'key', secret: 'secret' };

describe('readOptions', () => {
  it('fills in the defaults', () => {
    expect(readOptions({ apps: [app] })).toMatchObject({
      host: '127.0.0.1',
      port: 0,
      activityTimeoutMs: 120_000,
      pongTimeoutMs: 30_000,
      maxSubscriptions: 20_000,
      maxPublicSubscriptions: 1_000,
      maxUnreadBytes: 1_048_576,
      tls: undefined,
      apps: [{ ...app, maxConnections: 10_000 }],
    });
    expect(readOptions({ apps: [app], metrics: { port: 0 } }).metrics?.host).toBe('127.0.0.1');
  });

  it.each([
    [{ apps: [] }, '`apps` is a list; it must be a list of at least 1 objects'],
    [{ apps: [{ ...app, appId: '' }] }, '`apps.0.appId` is ""; it must be of A-Z a-z 0-9 _ -'],
    [
      { apps: [{ ...app, appId: 'a/b' }] },
      '`apps.0.appId` is "a/b"; it must be of A-Z a-z 0-9 _ -',
    ],
    [{ apps: [{ ...app, key: 'a:b' }] }, '`apps.0.key` is "a:b"; it must be of A-Z a-z 0-9 _ -'],
    [
      { apps: [{ ...app, secret: '' }] },
      '`apps.0.secret` is invalid; it must be a string that is not empty, and no placeholder such as set-this',
    ],
    [
      { apps: [{ ...app, secret: 'set-this' }] },
      /^`apps\.0\.secret` is invalid; .* no placeholder/,
    ],
    [{ apps: [app], host: 'example.com' }, /^`host` is "example.com"; it must be an IP address/],
    [{ apps: [app], port: -1 }, '`port` is -1; it must be a whole number from 0 to 65535'],
    [{ apps: [app], port: 65_536 }, '`port` is 65536; it must be a whole number from 0 to 65535'],
    [{ apps: [app], port: Number.NaN }, '`port` is NaN; it must be a whole number from 0 to 65535'],
    [
      { apps: [app], activityTimeoutMs: 0 },
      '`activityTimeoutMs` is 0; it must be a whole number of milliseconds from 1 to 2147483647',
    ],
    [{ apps: [app], pongTimeoutMs: 2_147_483_648 }, /^`pongTimeoutMs` is 2147483648; it must be/],
    [
      { apps: [app], maxSubscriptions: 0 },
      '`maxSubscriptions` is 0; it must be a whole number, 1 or more',
    ],
    [{ apps: [app], maxPublicSubscriptions: 0 }, /^`maxPublicSubscriptions` is 0; it must be/],
    [{ apps: [app], maxUnreadBytes: 1.5 }, /^`maxUnreadBytes` is 1\.5; .* of bytes, 1 or more$/],
    [{ apps: [app], metrics: { port: -1 } }, /^`metrics\.port` is -1; it must be/],
    [{ apps: [{ ...app, maxConnections: 0 }] }, /^`apps\.0\.maxConnections` is 0; it must be/],
    [
      { apps: [{ ...app, webhooks: [{ url: 'ftp://user:pass@x' }] }] },
      '`apps.0.webhooks.0.url` is invalid; it must be an http: or https: URL',
    ],
    [
      { apps: [{ ...app, webhooks: [{ url: 'secret' }] }] },
      /^`apps\.0\.webhooks\.0\.url` is invalid/,
    ],
    [{ apps: [DEVELOPMENT_APP], host: '0.0.0.0' }, /development credentials are public/],
    [
      { apps: [app, { ...app, key: 'other' }] },
      '`apps.1.appId` is the same as `apps.0.appId`; give each app its own',
    ],
    [
      { apps: [app, { ...app, appId: '2' }] },
      '`apps.1.key` is the same as `apps.0.key`; give each app its own',
    ],
  ])('refuses %j', (options, message) => {
    expect(() => readOptions(options)).toThrow(
      expect.objectContaining({
        code: 'ROLLCALL_CONFIG',
        message: typeof message === 'string' ? message : (expect.stringMatching(message) as string),
      }),
    );
  });

  it.each(['127.0.0.1', '::1', 'localhost'])('takes the development app at %s', (host) => {
    expect(readOptions({ apps: [DEVELOPMENT_APP], host }).host).toBe(host);
  });
});
