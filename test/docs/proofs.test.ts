import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/document.ts';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const proofs = read('docs/contributing/proofs.md');

/** The first cell of each row of a page's tables that have this first column. */
function features(text: string): string[] {
  const tables = text.matchAll(/^\| feature \|.*\n\|[-|]+\n((?:\|.*\n?)*)/gm);
  return [...tables].flatMap(([, rows = '']) =>
    rows
      .trim()
      .split('\n')
      .map((row) => row.split(' | ')[0]?.slice(2) ?? ''),
  );
}

/** The text between a heading and the next. */
function section(heading: string): string {
  return proofs.split(/^## /m).find((each) => each.startsWith(heading)) ?? '';
}

const claims = proofs.split('\n').filter((line) => /^\| .*`.*" \|$/.test(line));

describe('docs/contributing/proofs.md', () => {
  it.each(claims)('%s', (row) => {
    const [, file = '', title = ''] = /\| `([^`]+)` "(.+)" \|$/.exec(row) ?? [];
    expect(existsSync(join(ROOT, file)), `${file} exists`).toBe(true);
    expect(title).not.toBe('');
    expect(read(file)).toContain(title);
  });

  it.each([
    ['Gateway', 'docs/reference/gateway.md'],
    ['Broker', 'docs/reference/broker.md'],
  ])('%s: lists exactly the features of %s', (heading, page) => {
    const documented = features(read(page));
    expect(documented.length).toBeGreaterThan(10);
    expect(features(section(heading)).toSorted()).toEqual(documented.toSorted());
  });
});
