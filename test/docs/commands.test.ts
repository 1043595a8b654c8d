import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/document.ts';
import { unknownWords } from '../support/settings.ts';

const documents = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n');

/** A path after the name is the argument of another program: `helm install rollcall deploy/helm`. */
const COMMAND = /(?:^|\s|\()(?:npx )?rollcall ([a-z][\w-]*(?!\S*\/)[^#|)>&]*)/;

/** The words after `rollcall` of each line in a block of shell that runs it. */
function commandLines(file: string): string[][] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, block = '']) => block);
  // Continued lines are one.
  const lines = blocks
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  return lines.flatMap((line) => {
    const [, words] = COMMAND.exec(line) ?? [];
    return words === undefined ? [] : [words.trim().split(/\s+/)];
  });
}

const used = documents.flatMap((file) => commandLines(file).map((words) => ({ file, words })));

describe('the documents', () => {
  it('show the command', () => {
    expect(used.length).toBeGreaterThan(10);
  });

  it.each(used)('use an existing command and options: $words ($file)', ({ words }) => {
    expect(unknownWords(words)).toEqual([]);
  });
});
