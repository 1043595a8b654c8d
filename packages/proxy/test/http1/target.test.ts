import { describe, expect, it } from 'vitest';
import { escapesPrefix } from '../../src/http1/target.ts';

describe('a path with several readings', () => {
  it.each([
    '/a%5cb/../../admin/x',
    '/a\\b/../../admin/x',
    '/a%2fb/../../admin/x',
    '/a%5c%2f\\b/../../x',
    '/a%2Fb%5Cc/..%2f../../x',
    '/a\\b%2f../..%2f../x',
    '/a%5cb%5c../%2e%2e/..',
    '/a/..%00/../x',
    '/..%00.html',
  ])('escapes by one of them: %s', (path) => expect(escapesPrefix(path)).toBe(true));
  it.each(['/a%5cb/../x', '/a/b/../../x', '/a%2fb', '/a/b%5c../x', '/a?b/../../..'])(
    'stays below its prefix by all: %s',
    (path) => expect(escapesPrefix(path)).toBe(false),
  );
});
