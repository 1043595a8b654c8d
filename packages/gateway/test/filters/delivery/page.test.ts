import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pageFaults, pageOf, wantsHtml } from '../../../src/filters/delivery/page.ts';
import { filterRequest } from '../filter-request.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-page-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string): string {
  const path = join(folder, 'page.html');
  writeFileSync(path, content);
  return path;
}

const VALUES = { status: 503, title: 'Down', detail: '<b> & "it"', requestId: 'r-1' };

describe('a page', () => {
  it('shows the values of the response, escaped', () => {
    const page = pageOf(() => '{status} {title}: {detail} {requestId} {other} {status}');
    const shown = '503 Down: &lt;b&gt; &amp; &quot;it&quot; r-1 {other} 503';
    expect(String(page(VALUES))).toBe(shown);
  });

  it('is a plain one without a template', () => {
    expect(String(pageOf(() => undefined)(VALUES))).toContain('<title>503 Down</title>');
  });

  it('is refused if it cannot be read or is too large', () => {
    const [missing] = pageFaults(join(folder, 'gone.html'));
    expect(missing).toMatchObject({
      key: 'file',
      problem: expect.stringMatching(/ENOENT/) as string,
    });
    expect(pageFaults(file('a'.repeat(1_048_577)))).toEqual([
      { key: 'file', problem: 'cannot be read: it has 1048577 bytes; it may have 1048576' },
    ]);
    expect(pageFaults(folder)[0]?.problem).toMatch(/^cannot be read/);
    expect(pageFaults(file('a'))).toEqual([]);
  });
});

describe('a client', () => {
  it.each([
    'text/html',
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'TEXT/HTML;q=0.5',
    'text/html, application/json',
  ])('that accepts %s receives a page', (accept) => {
    expect(wantsHtml(filterRequest({ headers: { accept } }))).toBe(true);
  });

  it.each([
    '',
    '*/*',
    'application/json',
    'application/json, text/html',
    'text/html;q=0',
    'text/*',
  ])('that accepts "%s" receives a problem', (accept) => {
    expect(wantsHtml(filterRequest({ headers: accept === '' ? {} : { accept } }))).toBe(false);
  });
});
