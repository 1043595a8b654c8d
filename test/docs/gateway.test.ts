import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/document.ts';

const page = readFileSync(join(ROOT, 'docs/reference/gateway.md'), 'utf8');
const rows = page.split('\n').filter((line) => /^\|.*\|$/.test(line) && !line.startsWith('|---'));
const claims = rows.filter((row) => !row.endsWith('| proved by |'));

describe('docs/reference/gateway.md', () => {
  it.each(claims)('%s', (row) => {
    const [, file = '', title = ''] = /\| `([^`]+)` "(.+)" \|$/.exec(row) ?? [];
    expect(existsSync(join(ROOT, file)), `${file} exists`).toBe(true);
    expect(title).not.toBe('');
    expect(readFileSync(join(ROOT, file), 'utf8')).toContain(title);
  });
});
