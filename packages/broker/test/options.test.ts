import { describe, expect, it } from 'vitest';
import { DEVELOPMENT_APP } from '@rollcall/protocol';
import { Apps } from '../src/app/apps.ts';
import { readOptions } from '../src/options.ts';
import { newApp } from './app/new-app.ts';

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
      metrics: undefined,
      apps: [{ ...app, maxConnections: 10_000 }],
    });
    expect(readOptions({ apps: [app], metrics: { port: 0 } }).metrics?.host).toBe('127.0.0.1');
  });

  it.each([
    [{ apps: [] }, /at least one app/],
    [{ apps: [{ ...app, appId: '' }] }, /appId and key/],
    [{ apps: [{ ...app, appId: 'a/b' }] }, /appId and key/],
    [{ apps: [{ ...app, key: 'a:b' }] }, /appId and key/],
    [{ apps: [{ ...app, secret: '' }] }, /secret of app 1 is empty/],
    [{ apps: [app], port: -1 }, /port is -1/],
    [{ apps: [app], port: 65_536 }, /port is 65536/],
    [{ apps: [app], port: Number.NaN }, /port is NaN/],
    [{ apps: [app], activityTimeoutMs: 0 }, /activityTimeoutMs is 0/],
    [{ apps: [app], pongTimeoutMs: 2_147_483_648 }, /pongTimeoutMs is 2147483648/],
    [{ apps: [app], maxSubscriptions: 0 }, /maxSubscriptions is 0/],
    [{ apps: [app], maxPublicSubscriptions: 0 }, /maxPublicSubscriptions is 0/],
    [{ apps: [app], maxUnreadBytes: 1.5 }, /maxUnreadBytes is 1\.5/],
    [{ apps: [app], metrics: { port: -1 } }, /metrics\.port is -1/],
    [{ apps: [{ ...app, maxConnections: 0 }] }, /maxConnections of app 1 is 0/],
    [{ apps: [{ ...app, webhooks: [{ url: 'ftp://x' }] }] }, /webhook of app 1 has no http: or/],
    [{ apps: [{ ...app, webhooks: [{ url: 'secret' }] }] }, /webhook of app 1 has no http: or/],
    [{ apps: [DEVELOPMENT_APP], host: '0.0.0.0' }, /development credentials are public/],
  ])('refuses %j', (options, message) => {
    expect(() => readOptions(options)).toThrow(
      expect.objectContaining({
        code: 'ROLLCALL_CONFIG',
        message: expect.stringMatching(message) as string,
      }),
    );
  });

  it.each(['127.0.0.1', '::1', 'localhost'])('takes the development app at %s', (host) => {
    expect(readOptions({ apps: [DEVELOPMENT_APP], host }).host).toBe(host);
  });
});

describe('Apps', () => {
  it.each([
    { ...app, key: 'other' },
    { ...app, appId: '2' },
  ])('refuses two apps that cannot be told apart: %j', (other) => {
    expect(() => new Apps([newApp({ options: app }), newApp({ options: other })])).toThrow(
      expect.objectContaining({ code: 'ROLLCALL_CONFIG' }),
    );
  });
});
