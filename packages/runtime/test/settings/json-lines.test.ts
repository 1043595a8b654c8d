import { describe, expect, it } from 'vitest';
import { lineOf, repeatedKeys } from '../../src/settings/json-lines.ts';

const TEXT = `{
  "a": 1,
  "b": { "c\\"}": [true,
    { "d": "{[" } ], "e": -1.5e3 },

  "f": []
}`;

describe('the line of a value', () => {
  it.each<[string[], number]>([
    [[], 1],
    [['a'], 2],
    [['b'], 3],
    [['b', 'c"}'], 3],
    [['b', 'c"}', '1'], 4],
    [['b', 'c"}', '1', 'd'], 4],
    [['b', 'e'], 4],
    [['f'], 6],
    [['g'], 1],
    [['b', 'missing', 'from it'], 3],
  ])('at %j is %d', (path, line) => {
    expect(lineOf(TEXT, path)).toBe(line);
  });
});

describe('duplicate keys', () => {
  it('are found with their lines', () => {
    expect(repeatedKeys('{"a":1,\n"b":{"c":1,"c":2},\n"a":{}}')).toEqual([
      { path: ['b', 'c'], line: 2 },
      { path: ['a'], line: 3 },
    ]);
  });

  it('are not reported for two objects with the same key', () => {
    expect(repeatedKeys('[{"a":1},{"a":2}]')).toEqual([]);
  });
});
