import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shippedDependencies } from '../../scripts/bundled.js';
import { ROOT } from '../support/document.ts';
import type { Manifest } from '../support/packages.ts';

const FOLDER = join(ROOT, 'docs/adr');
const index = readFileSync(join(FOLDER, 'README.md'), 'utf8');
const files = readdirSync(FOLDER).filter((file) => /^\d{4}-/.test(file));

describe('docs/adr', () => {
  it.each(files)('%s has a number, a status and a date, as in its row of the index', (file) => {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    const [, number = '', title = ''] = /^# (\d+)\. (.+)$/m.exec(text) ?? [];
    const [, status = ''] = /^- Status: (accepted|superseded)/m.exec(text) ?? [];
    const [, date = ''] = /^- Date: (\d{4}-\d\d-\d\d)$/m.exec(text) ?? [];
    expect(number).toBe(String(Number(file.slice(0, 4))));
    expect(status).not.toBe('');
    const row = index.split('\n').find((line) => line.startsWith(`| [${number}](${file})`));
    expect(row).toContain(`| ${title} | ${status}`);
    expect(row).toContain(`| ${date} |`);
  });

  it('names every library that the packages use at run time', () => {
    const decision = readFileSync(join(FOLDER, '0006-libraries-at-run-time.md'), 'utf8');
    const rows = decision.split('\n').filter((line) => line.startsWith('| `'));
    const named = rows.flatMap((row) => [
      ...row
        .split('|', 2)
        .join('')
        .matchAll(/`([^`]+)`/g),
    ]);
    const libraries = readdirSync(join(ROOT, 'packages')).flatMap(dependenciesOf);
    expect(named.map(([, name]) => name).toSorted()).toEqual([...new Set(libraries)].toSorted());
  });
});

/** Returns what a package ships, apart from the packages of this repository. */
function dependenciesOf(folder: string): string[] {
  const manifest = readFileSync(join(ROOT, 'packages', folder, 'package.json'), 'utf8');
  return Object.keys(shippedDependencies(JSON.parse(manifest) as Manifest)).filter(
    (name) => !name.startsWith('@rollcall/'),
  );
}
