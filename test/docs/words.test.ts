import { describe, expect, it } from 'vitest';
import { findWords, refusedWords } from '../../scripts/docs/words.js';

const REFUSED = refusedWords(
  [
    '| refused | kind | write |',
    '|---|---|---|',
    '| `nobody`, `those that` | phrase | the actor |',
    '| `Place` | name | `Endpoint` |',
  ].join('\n'),
);
const found = (text: string): string[] =>
  findWords('a.ts', text, REFUSED).map(({ line, word }) => `${line} ${word}`);

describe('the word check', () => {
  it('finds a phrase in any case, with its line and what to write', () => {
    expect(findWords('a.ts', 'One\nNobody reads this', REFUSED)).toEqual([
      { file: 'a.ts', line: 2, word: 'nobody', use: 'the actor' },
    ]);
  });

  it('finds a phrase that continues on the next line of a comment', () => {
    expect(found('/**\n * Closes those\n * that are idle.\n */')).toEqual(['2 those that']);
    expect(found('// Closes those\n// that are idle.')).toEqual(['1 those that']);
  });

  it('ignores longer words', () => {
    expect(found('nobodyElse, unthose that')).toEqual([]);
  });

  it('finds a name where it is declared, imported or in backticks', () => {
    expect(found('interface Place {}')).toEqual(['1 Place']);
    expect(found("import type { Other, Place } from './place.ts';")).toEqual(['1 Place']);
    expect(found('Returns a `Place`.')).toEqual(['1 Place']);
  });

  it('ignores the same word in prose', () => {
    expect(found('// Place it in front.')).toEqual([]);
  });
});
