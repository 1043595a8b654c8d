import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../support/document.ts';

const pages = execFileSync('git', ['ls-files', 'docs/*.md'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n');

/** The pages that a page links to. */
function linked(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/\]\((?!https?:)([^)#\s]+\.md)/g)].map(([, link = '']) =>
    join(dirname(page), link),
  );
}

it('every page of the documentation is reached from README.md by links', () => {
  const reached = new Set(['README.md']);
  for (const page of reached) for (const next of linked(page)) reached.add(next);
  expect(pages.filter((page) => !reached.has(page))).toEqual([]);
});
