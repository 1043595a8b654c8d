import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../support/document.ts';
import { TARGETS } from './targets.js';

const PLACES = TARGETS.flatMap(({ source, mutants }) =>
  mutants.map((mutant) => ({ ...mutant, path: join(ROOT, source, mutant.file) })),
);

it.each(PLACES)('the mutant of "$rule" breaks one place of $file', ({ path, from, to }) => {
  expect(readFileSync(path, 'utf8').split(from)).toHaveLength(2);
  expect(to).not.toBe(from);
});

it('has one mutant of each rule', () => {
  const rules = PLACES.map(({ rule }) => rule);
  expect(rules).toEqual([...new Set(rules)]);
});
