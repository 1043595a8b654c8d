import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = 'packages/proxy/test/hazards';

/** The last column of the tables: a file, and the title of a test or a group of tests in it. */
const named = [
  ...readFileSync(join(ROOT, 'docs/contributing/hazards.md'), 'utf8').matchAll(
    /\| `(?<file>[^`]+)`: (?<title>.+) \|$/gm,
  ),
].map(({ groups }) => ({ file: groups?.['file'] ?? '', title: groups?.['title'] ?? '' }));

function titles(file: string, kind: RegExp): string[] {
  const source = readFileSync(join(ROOT, file), 'utf8');
  return [...source.matchAll(kind)].map(([, title]) => title ?? '');
}

it('docs/contributing/hazards.md names only existing tests', () => {
  expect(named.length).toBeGreaterThan(20);
  for (const { file, title } of named) {
    expect(titles(file, /^\s*(?:describe|it)\('([^']+)'/gm), file).toContain(title);
  }
});

it('docs/contributing/hazards.md names every tested hazard', () => {
  const files = readdirSync(join(ROOT, FOLDER)).filter((file) => file.endsWith('.test.ts'));
  const tested = files.flatMap((file) => titles(`${FOLDER}/${file}`, /^describe\('([^']+)'/gm));
  expect(tested.filter((title) => !named.some((each) => each.title === title))).toEqual([]);
});
