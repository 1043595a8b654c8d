import { describe, expect, it } from 'vitest';
import { compilePath, MAX_PATH_LENGTH } from '../../../src/filters/rewriting/path-pattern.ts';

describe('a pattern for paths', () => {
  it.each([
    ['/old/(.*)', '/old/a/b'],
    ['^/blog/(\\d{4})/(\\d{2})/([^/]+)$', '/blog/2024/05/hello'],
    ['/(?<lang>en|de|fr|it|es)/(.*)', '/de/x'],
    ['/([^/]+)/([^/]+)/([^/]+)/([^/]+)/([^/]+)', '/a/b/c/d/e'],
    ['/a\\.html?', '/a.htm'],
    ['/files/(.+)\\.(?:jpe?g|png)', '/files/x.jpg'],
    ['/x(?:/y)?', '/x'],
    ['/[\\w-]+', '/a-b'],
    ['/~{', undefined],
  ])('%s matches %s', (pattern, path) => {
    const compiled = compilePath(pattern);
    if (path === undefined) expect(compiled.ok).toBe(false);
    else expect(compiled.ok && compiled.regexp.test(path)).toBe(true);
  });

  it.each([
    ['/(a+)+', /repeats a group/],
    ['/(a|a)*b', /repeats a group/],
    ['/(?:ab){2,5}', /repeats a group/],
    ['/(.*)/(.*)/(.*)', /too often/],
    ['/.*.*.*x', /too often/],
    [`/${'a?'.repeat(30)}${'a'.repeat(30)}`, /too often/],
    [`/${'(?:a|a)'.repeat(30)}`, /too many alternatives/],
    [`/[^/]*/?[^/]*/?[^/]*`, /too often/],
    ['/(?=a)', /not supported/],
    ['/(?<!a)b', /not supported/],
    ['/(a)\\1', /not supported/],
    ['/\\u0041', /not supported/],
    ['/(a', /./],
    ['/a)', /./],
    ['/[z-a]', /./],
    ['x'.repeat(257), /longer than 256/],
  ])('%s is refused', (pattern, reason) => {
    const compiled = compilePath(pattern);
    expect(compiled.ok ? '' : compiled.reason).toMatch(reason);
  });

  it.each(['(.*)a(.*)b', '/(?:ab|ab|ab|ab|ab|ab|ab|ab)(\\w*)(\\w*)[ab]', '(.*)(.*)(?:a|a|a|a)b'])(
    '%s takes no long time on any path',
    (pattern) => {
      const compiled = compilePath(pattern);
      if (!compiled.ok) throw new Error(compiled.reason);
      for (const path of [`/${'ab'.repeat(511)}c`, `/${'a'.repeat(MAX_PATH_LENGTH - 1)}`]) {
        const begun = process.cpuUsage();
        compiled.regexp.test(path);
        expect(process.cpuUsage(begun).user).toBeLessThan(500_000);
      }
    },
  );
});
