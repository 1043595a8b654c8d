import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '@rollcall/protocol/pusher';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const page = read('../../../docs/reference/broker.md');

describe('docs/reference/broker.md', () => {
  it('has a row for each code that there is', () => {
    const documented = [...page.matchAll(/^\| (4\d{3}) \|/gm)].map(([, code]) => Number(code));
    expect(new Set(documented)).toEqual(new Set<number>(Object.values(CLOSE_CODES)));
  });

  it('shows an example that runs', () => {
    const [, example] = /```ts\n(.*?)```/s.exec(page) ?? [];
    expect(example).toBe(read('./example.test.ts'));
  });
});
