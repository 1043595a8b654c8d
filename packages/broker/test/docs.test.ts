import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '@rollcall/protocol/pusher';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const page = read('../../../docs/reference/broker.md');
const rows = page.split('\n').filter((line) => /^\|.*\|$/.test(line) && !line.startsWith('|---'));
const claims = rows.filter((row) => !row.endsWith('| proved by |'));

describe('docs/reference/broker.md', () => {
  it.each(claims)('%s', (row) => {
    const [, file = '', title = ''] = /\| ✓ \| `([^`]+)` "(.+)" \|$/.exec(row) ?? [];
    expect(file, 'each row has a tick, a file and the title of a test').not.toBe('');
    const path = fileURLToPath(new URL(file, import.meta.url));
    expect(existsSync(path), `${file} exists`).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain(title);
  });

  it('has a row for each code that there is', () => {
    const documented = claims.flatMap((row) => /^\| (4\d{3}) /.exec(row)?.slice(1) ?? []);
    expect(new Set(documented.map(Number))).toEqual(new Set<number>(Object.values(CLOSE_CODES)));
  });

  it('shows an example that runs', () => {
    const [, example] = /```ts\n(.*?)```/s.exec(page) ?? [];
    expect(example).toBe(read('./example.test.ts'));
  });
});
