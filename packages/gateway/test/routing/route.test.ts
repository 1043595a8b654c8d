import { describe, expect, it } from 'vitest';
import { matchRoute } from '../../src/routing/route.ts';

function match(target: string, ...prefixes: string[]) {
  const known = new Set(prefixes);
  const found = matchRoute(target, 16, (prefix) => (known.has(prefix) ? 'known' : undefined));
  return found && { prefix: found.prefix, target: found.target };
}

describe('matchRoute', () => {
  it.each([
    ['/v1', '/'],
    ['/v1/', '/'],
    ['/v1/generate', '/generate'],
    ['/v1/generate?x=1', '/generate?x=1'],
    ['/v1?x=1', '/?x=1'],
    ['/v1?', '/?'],
    ['/v1/a//b', '/a//b'],
    ['/v1//evil', '//evil'],
    ['/v1/x?u=http://a//b', '/x?u=http://a//b'],
    ['/v1/%2e%2E/caf%C3%A9', '/%2e%2E/caf%C3%A9'],
  ])('strips /v1 from %s', (target, stripped) => {
    expect(match(target, '/v1')).toEqual({ prefix: '/v1', target: stripped });
  });

  it.each(['/v10', '/v10/generate', '/v', '/', '/V1', '/x/v1', '/v1x?y', '/?/v1', '//v1'])(
    'does not match %s with /v1',
    (target) => {
      expect(match(target, '/v1')).toBeUndefined();
    },
  );

  it.each([
    ['/%7Eme/x', '/~me', '/x'],
    ['/%761/x%7E', '/v1', '/x%7E'],
    ['/a%2D%62/%7e', '/a-b', '/%7e'],
    ['/%761', '/v1', '/'],
  ])(
    'finds a prefix with unreserved characters percent-encoded: %s',
    (target, prefix, stripped) => {
      expect(match(target, '', prefix)).toEqual({ prefix, target: stripped });
    },
  );

  it.each(['/a%2Fb', '/v%2531', '/a%3Bb'])('leaves other characters as they are: %s', (target) => {
    expect(match(target, '/a/b', '/v1', '/a;b')).toBeUndefined();
  });

  it('prefers the longest prefix', () => {
    const prefixes = ['/a', '/a/b/c', '/a/b'];
    expect(match('/a/b/c/d', ...prefixes)?.prefix).toBe('/a/b/c');
    expect(match('/a/b/cd', ...prefixes)?.prefix).toBe('/a/b');
    expect(match('/a/bc', ...prefixes)?.prefix).toBe('/a');
  });

  it('sends unmatched paths to the catch-all, unchanged', () => {
    expect(match('/v2/x?y', '', '/v1')).toEqual({ prefix: '', target: '/v2/x?y' });
    expect(match('/', '')).toEqual({ prefix: '', target: '/' });
  });

  it('does not match the query', () => {
    expect(match('/a?/b', '/a?')).toBeUndefined();
  });

  it('looks at no more segments than a prefix can have', () => {
    const asked: string[] = [];
    matchRoute('/x'.repeat(5000), 16, (prefix) => {
      asked.push(prefix);
      return undefined;
    });
    expect(asked.length).toBeLessThanOrEqual(17);
    expect(match(`${'/x'.repeat(16)}/y`, '/x'.repeat(16))?.target).toBe('/y');
  });
});
