import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../support/document.ts';
import { MUTANTS } from './protocol.js';

it.each(MUTANTS)('the mutant of "$rule" breaks one place of $file', ({ file, from }) => {
  const source = readFileSync(join(ROOT, 'packages/protocol/src', file), 'utf8');
  expect(source.split(from)).toHaveLength(2);
});
