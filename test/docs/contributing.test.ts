import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/document.ts';

const page = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
const tasks = page.split(/^### /m).slice(1);

describe('CONTRIBUTING.md', () => {
  it.each([
    'a balancing policy',
    'a route filter',
    'an HTTP version towards clients',
    'a broker store',
    'a catalog format',
    'a CLI command',
  ])('names at most six files to touch for %s, all of which exist', (title) => {
    const task = tasks.find((each) => each.startsWith(title)) ?? '';
    const files = new Set(
      [...task.matchAll(/`((?:packages|test)\/[\w./-]+)`/g)].map(([, file = '']) => file),
    );
    expect(files.size).toBeGreaterThan(0);
    expect(files.size).toBeLessThanOrEqual(6);
    for (const file of files) expect(existsSync(join(ROOT, file)), file).toBe(true);
  });
});
