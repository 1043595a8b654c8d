import { describe, expect, it } from 'vitest';
import { suggest } from '../../src/settings/suggest.ts';

describe('a suggestion', () => {
  it.each([
    ['prot', 'port'],
    ['anwserMs', 'answerMs'],
    ['answerms', 'answerMs'],
    ['polices', 'policy'],
    ['ports', 'port'],
    ['prt', 'port'],
    ['xyz', undefined],
    ['', undefined],
  ])('for %j is %j', (written, meant) => {
    expect(suggest(written, ['port', 'answerMs', 'policy'])).toBe(meant);
  });

  it('is the nearest of several', () => {
    expect(suggest('idleM', ['headMs', 'idleMs', 'idlePerInstance'])).toBe('idleMs');
  });
});
