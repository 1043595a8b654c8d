import { describe, expect, it } from 'vitest';
import type { FilterAnswer, FilterRequest } from '@rollcall/proxy';
import type { Values } from '@rollcall/runtime/settings';
import { REDIRECT } from '../../../src/filters/rewriting/redirect.ts';
import { filterOf, filterRequest, settingsOf } from '../filter-request.ts';

type RedirectSettings = Values<typeof REDIRECT.settings.settings>;

function redirected(
  settings: RedirectSettings,
  request: Partial<FilterRequest> = {},
): string | undefined {
  const answer = filterOf(REDIRECT, settings).onRequest?.(filterRequest(request)) as
    | FilterAnswer
    | undefined;
  if (answer === undefined) return undefined;
  const { location } = Object.fromEntries(answer.fields ?? []);
  return `${answer.status} ${location}`;
}

describe('a redirect', () => {
  it('to HTTPS keeps host, path and query, and drops the port', () => {
    const request = { host: 'API.example.com:8080', target: '/v1/x?a=1&b' };
    expect(redirected({ scheme: 'https', status: 308 }, request)).toBe(
      '308 https://api.example.com/v1/x?a=1&b',
    );
    expect(redirected({ scheme: 'https', port: 8443 }, request)).toBe(
      '302 https://api.example.com:8443/v1/x?a=1&b',
    );
  });

  it('does not lead to the URL that was requested', () => {
    expect(redirected({ scheme: 'https' }, { isSecure: true })).toBeUndefined();
    expect(redirected({ scheme: 'https' }, { isSecure: true, host: 'a:8443' })).toBeUndefined();
    expect(redirected({ host: 'api.example.com' }, { host: 'API.example.com:80' })).toBeUndefined();
    expect(redirected({ port: 80 })).toBeUndefined();
    expect(redirected({ path: { prefix: '/v1', replacement: '/v1' } })).toBeUndefined();
  });

  it('to another host keeps the scheme', () => {
    expect(redirected({ host: 'www.example.com', status: 301 })).toBe(
      '301 http://www.example.com/v1/x',
    );
    expect(redirected({ host: 'www.example.com' }, { host: '[::1]:80', isSecure: true })).toBe(
      '302 https://www.example.com/v1/x',
    );
  });

  it('replaces a prefix at the end of a segment, and keeps the query', () => {
    const path = { prefix: '/v1', replacement: '/v2' };
    expect(redirected({ path, status: 307 }, { target: '/v1/x?y=/v1' })).toBe('307 /v2/x?y=/v1');
    expect(redirected({ path }, { target: '/v1?y' })).toBe('302 /v2?y');
    expect(redirected({ path }, { target: '/v10/x' })).toBeUndefined();
    expect(redirected({ path: { prefix: '/v1', replacement: '/' } })).toBe('302 /x');
  });

  it('replaces by a regular expression, and joins the queries', () => {
    const path = { regex: '^/blog/(?<year>\\d{4})/([^/]+)$', replacement: '/posts/$2?y=$<year>' };
    expect(redirected({ path }, { target: '/blog/2024/hello?x=1' })).toBe(
      '302 /posts/hello?y=2024&x=1',
    );
    expect(redirected({ path }, { target: '/blog/24/hello' })).toBeUndefined();
    expect(redirected({ path }, { target: '/a/blog/2024/hello' })).toBeUndefined();
  });

  it.each([
    '/go//evil.example',
    '/go/\\evil.example',
    '/go/%2f/evil.example',
    '/go///evil.example',
    '/go/\\/evil.example',
  ])('of %s stays at its own host', (target) => {
    const base = 'http://api.example.com';
    for (const path of [
      { prefix: '/go', replacement: '' },
      { prefix: '/go', replacement: '/' },
      { regex: '/go(.*)', replacement: '$1' },
      { regex: '/go/(.*)', replacement: '$1' },
    ]) {
      const location = redirected({ path }, { target })?.slice(4) ?? '/';
      expect(new URL(location, base).origin).toBe(base);
    }
  });

  it('writes bytes that no URL has as percent-encoded', () => {
    const path = { prefix: '/go', replacement: '' };
    expect(redirected({ path }, { target: '/go/a\u00e9\r\nx: y' })).toBe('302 /a%E9%0D%0Ax:%20y');
  });

  it('leaves a path alone that is too long for a regular expression', () => {
    const path = { regex: '/(.*)', replacement: '/x/$1' };
    expect(redirected({ path }, { target: `/${'a'.repeat(1024)}` })).toBeUndefined();
  });

  it('is described in one line', () => {
    expect(REDIRECT.describe(settingsOf(REDIRECT, { scheme: 'https', status: 308 }))).toBe(
      'redirects to scheme https (308)',
    );
    expect(
      REDIRECT.describe(settingsOf(REDIRECT, { path: { prefix: '/old', replacement: '/new' } })),
    ).toBe('redirects paths below /old to path /new (302)');
  });
});
