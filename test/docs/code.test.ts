import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../support/document.ts';

const BLOCK = /^```(?:js|ts)\n([^]*?)^```$/gm;

/** The pages whose code a reader copies. Those of the API show signatures. */
const PAGES = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((page) => !page.startsWith('docs/reference/api/'));

/** How a program begins: with its imports, or with the name of its file. */
const BEGINNING = /^(?:\/\/ (?<file>\S+)\n)?import /;

/** The programs of a page: the blocks after a beginning continue it. */
function programsOf(page: string): string[] {
  const programs: string[] = [];
  for (const [, code = ''] of readFileSync(join(ROOT, page), 'utf8').matchAll(BLOCK)) {
    if (BEGINNING.test(code)) programs.push(code);
    else programs.push(`${programs.pop() ?? ''}\n${code}`);
  }
  return programs;
}

/** The file that a program names is JavaScript whose libraries have no types of what they load: the guide's own test runs it. */
const extensionOf = (code: string): string =>
  BEGINNING.exec(code)?.groups?.['file']?.endsWith('.js') === true ? 'js' : 'ts';

it('every block of code in the documents compiles under strict', () => {
  const folder = mkdtempSync(join(ROOT, 'node_modules', '.code-'));
  const files = PAGES.flatMap((page) =>
    programsOf(page).map((code, index) => {
      const name = `${page.replaceAll('/', '-')}-${index + 1}.${extensionOf(code)}`;
      writeFileSync(join(folder, name), code);
      return name;
    }),
  );
  expect(files.length).toBeGreaterThan(15);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
    allowJs: true,
    skipLibCheck: true,
    noEmit: true,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  const { stdout } = spawnSync(tsc, ['-p', folder], { encoding: 'utf8', cwd: folder });
  rmSync(folder, { recursive: true });
  expect(stdout).toBe('');
});
