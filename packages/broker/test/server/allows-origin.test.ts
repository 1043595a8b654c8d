import { expect, it } from 'vitest';
import { DEVELOPMENT_APP } from '@rollcall/protocol';
import { readOptions } from '../../src/settings/options.ts';
import { allowsOrigin } from '../../src/server/allows-origin.ts';

const app = { appId: '1', key: 'key', secret: 'secret' };

function allows(options: typeof app, allowedOrigins: string[] | undefined, origin?: string) {
  const [read = options] = readOptions({
    apps: [{ ...options, ...(allowedOrigins && { allowedOrigins }) }],
  }).apps;
  return allowsOrigin(read, origin);
}

it.each([
  undefined,
  'http://localhost',
  'http://localhost:3000',
  'https://127.0.0.1:8443',
  'http://127.8.9.1',
  'http://[::1]:6001',
  'http://app.localhost',
  'https://a.B.localhost:3000',
])('pages of %s may use the development app', (origin) => {
  expect(allows(DEVELOPMENT_APP, undefined, origin)).toBe(true);
});

it.each([
  'https://evil.example',
  'http://localhost.evil.example',
  'http://app.localhost.evil.example',
  'http://evillocalhost',
  'http://.localhost',
  'http://127.0.0.1.evil.example',
  'http://192.168.0.2',
  'http://evil.example:6001',
  'null',
  '',
  'file://',
  'chrome-extension://abcdef',
])('pages of %j may not use the development app', (origin) => {
  expect(allows(DEVELOPMENT_APP, undefined, origin)).toBe(false);
});

it('any page may use another app, unless it has a list', () => {
  expect(allows(app, undefined, 'https://any.example')).toBe(true);
  const list = ['https://Shop.example:443/', 'http://shop.example:8080'];
  expect(allows(app, list, 'https://shop.example')).toBe(true);
  expect(allows(app, list, 'http://shop.example:8080')).toBe(true);
  expect(allows(app, list, 'http://shop.example')).toBe(false);
  expect(allows(app, list, 'null')).toBe(false);
  expect(allows(app, list)).toBe(true);
});

it('a list may add pages for the development app', () => {
  expect(allows(DEVELOPMENT_APP, ['https://a.example'], 'https://a.example')).toBe(true);
  expect(allows(DEVELOPMENT_APP, ['https://a.example'], 'http://localhost')).toBe(true);
  expect(allows(DEVELOPMENT_APP, ['https://a.example'], 'https://b.example')).toBe(false);
});

it.each(['example.com', 'https://a.example/path', 'null', '*'])('%s is no origin', (origin) => {
  expect(() => readOptions({ apps: [{ ...app, allowedOrigins: [origin] }] })).toThrow(/an origin/);
});
