import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { FileTexts } from '../../src/filters/file-texts.ts';
import { ERROR_PAGES } from '../../src/filters/delivery/error-pages.ts';
import { MAINTENANCE } from '../../src/filters/delivery/maintenance.ts';
import { filterProblem } from '../../src/problem.ts';
import { filterContext, filterOf, filterRequest, filterResponse } from './filter-request.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-texts-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'page.html');

let time: number;
let faults: string[];
let files: FileTexts;
beforeEach(() => {
  [time, faults] = [0, []];
  files = new FileTexts({ now: () => time, onFault: (...fault) => faults.push(fault.join(': ')) });
});

describe('a file that settings of filters name', () => {
  it('is read again when it changes, at most every 2 s', () => {
    writeFileSync(file, 'one');
    expect(files.textOf(file, 'a')).toBe('one');
    writeFileSync(file, 'two');
    time = 1999;
    expect(files.textOf(file, 'a')).toBe('one');
    time = 2000;
    expect(files.textOf(file, 'a')).toBe('two');
  });

  it('is read again at once when the configuration was', () => {
    writeFileSync(file, 'one');
    files.textOf(file, 'a');
    writeFileSync(file, 'two');
    files.expire();
    expect(files.textOf(file, 'a')).toBe('two');
  });

  it('keeps its last text while it is away or too large, and the fault is reported', () => {
    writeFileSync(file, 'one');
    files.textOf(file, 'a');
    writeFileSync(file, 'x'.repeat(1_048_577));
    time = 2000;
    expect(files.textOf(file, 'a')).toBe('one');
    rmSync(file);
    time = 4000;
    expect(files.textOf(file, 'a')).toBe('one');
    expect(faults).toEqual([
      `a: cannot read ${file}: it has 1048577 bytes; it may have 1048576`,
      expect.stringMatching(/^a: cannot read .*ENOENT/),
    ]);
  });

  it('has no text if it never could be read', () => {
    expect(files.textOf(join(folder, 'none'), 'a')).toBeUndefined();
  });
});

describe('a page in a file', () => {
  const headers = { accept: 'text/html' };

  it('is shown as it is now', () => {
    writeFileSync(file, 'one {status}');
    const context = filterContext({ files });
    const maintenance = filterOf(MAINTENANCE, { enabled: true, file }, context);
    const errorPages = filterOf(ERROR_PAGES, { enabled: true, file }, context);
    const bodies = () => {
      const request = filterRequest({ headers });
      const outcome = maintenance.onRequest?.(request);
      const response = filterResponse({}, 404, Buffer.from(''), filterProblem('forbidden', ''));
      errorPages.onResponse?.(response, request);
      return [
        outcome !== undefined && 'body' in outcome ? String(outcome.body) : undefined,
        String(response.body),
      ];
    };
    expect(bodies()).toEqual(['one 503', 'one 404']);
    writeFileSync(file, 'two {status}');
    time = 2000;
    expect(bodies()).toEqual(['two 503', 'two 404']);
  });
});
