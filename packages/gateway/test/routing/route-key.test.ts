import { describe, expect, it } from 'vitest';
import { parseRouteKey, routeKey } from '../../src/routing/route-key.ts';

function canonical(written: string): string | undefined {
  const key = parseRouteKey(written);
  return key && routeKey(key);
}

describe('the key of a route', () => {
  it.each([
    ['/', ''],
    ['', ''],
    ['/v1/', '/v1'],
    ['API.example.com/v1/', 'api.example.com/v1'],
    ['example.com/', 'example.com/'],
    ['*.Example.com/', '*.example.com/'],
    ['localhost/a', 'localhost/a'],
    ['[::1]/a', '[::1]/a'],
  ])('%j is %j', (written, expected) => {
    expect(canonical(written)).toBe(expected);
  });

  it.each([
    'v1',
    'example.com',
    'example.com:80/',
    'http://example.com/',
    '*/v1',
    'a.*.com/',
    '*example.com/',
    '.example.com/',
    'a..b/',
    `${'a'.repeat(64)}.com/`,
    'exämple.com/',
    'example.com/a b',
    'example.com/a/../b',
  ])('is not %j', (written) => {
    expect(parseRouteKey(written)).toBeUndefined();
  });
});
