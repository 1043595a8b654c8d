import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '@rollcall/protocol/pusher';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const page = read('../../../docs/reference/broker.md');

// test/docs/proofs.test.ts compares its features with the tests.
describe('docs/reference/broker.md', () => {
  it('has a row for each close code', () => {
    const documented = page.match(/(?<=^\| )4\d{3}(?= \|)/gm) ?? [];
    expect(new Set(documented.map(Number))).toEqual(new Set<number>(Object.values(CLOSE_CODES)));
  });

  it('shows an example that runs', () => {
    const [, example] = /```ts\n(.*?)```/s.exec(page) ?? [];
    expect(example).toBe(read('./example.test.ts'));
  });
});
