// Refuses the words that docs/glossary.md lists as refused. With arguments, only in the files below these paths:
// `node scripts/docs/words.js packages/broker docs`.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runStep, ROOT } from '../steps.js';

const GLOSSARY = 'docs/glossary.md';

/** Files whose words are checked, as git writes paths. */
const CHECKED = [
  'packages/*/src/**',
  'services/*/src/**',
  'clients/go/**.go',
  ':!:**_test.go',
  'clients/python/src/**.py',
  'scripts/**.js',
  'docs/**.yaml',
  '*.md',
];

/**
 * @typedef {{ word: string, pattern: RegExp, use: string }} Refused
 * @typedef {{ file: string, line: number, word: string, use: string }} Finding
 */

/**
 * The refused words of a glossary: rows of words in backticks, their kind, and what to write.
 * @param {string} glossary
 * @returns {Refused[]}
 */
export function refusedWords(glossary) {
  return [...glossary.matchAll(/^\| (`.+`) \| (phrase|name) \| (.+) \|$/gm)].flatMap(
    ([, words = '', kind, use = '']) =>
      [...words.matchAll(/`([^`]+)`/g)].map(([, word = '']) => ({
        word,
        pattern: kind === 'name' ? namePattern(word) : phrasePattern(word),
        use,
      })),
  );
}

/** @param {string} phrase */
function phrasePattern(phrase) {
  return new RegExp(`\\b${phrase.replaceAll(' ', String.raw`\s+`)}\\b`, 'gi');
}

/**
 * Only where a name is declared or imported, or stands in backticks: some are English words.
 * @param {string} name
 */
function namePattern(name) {
  const declared = String.raw`\b(?:class|interface|type|enum|function|const) ${name}\b`;
  const imported = String.raw`(?<=\bimport\b[^;'"]*)\b${name}\b(?=[^;'"]*\bfrom\b)`;
  return new RegExp(`${declared}|${imported}|\`${name}\``, 'g');
}

/**
 * The refused words in a text, by line. A phrase may go on in the next line, also of a comment.
 * @param {string} file
 * @param {string} text
 * @param {readonly Refused[]} refused
 * @returns {Finding[]}
 */
export function findWords(file, text, refused) {
  const joined = text.replaceAll(/(?<=\n[ \t]*)(?:\/\/+|\*)/g, (sign) => ' '.repeat(sign.length));
  return refused.flatMap(({ word, pattern, use }) =>
    [...joined.matchAll(pattern)].map(({ index }) => ({
      file,
      line: joined.slice(0, index).split('\n').length,
      word,
      use,
    })),
  );
}

/**
 * The text of a file that is checked. The changelog quotes old names in backticks.
 * @param {string} file
 * @param {string} text
 */
function checkedText(file, text) {
  return file === 'CHANGELOG.md' ? text.replaceAll(/`[^`]*`/g, '``') : text;
}

/**
 * Whether the files below these paths, or all checked files, are free of refused words. Prints each that is not.
 * @param {string[]} paths
 */
export function checkWords(paths = []) {
  const refused = refusedWords(readFileSync(join(ROOT, GLOSSARY), 'utf8'));
  const isIncluded = (/** @type {string} */ file) =>
    paths.length === 0 || paths.some((path) => file.startsWith(path));
  const { stdout } = runStep(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', ...CHECKED],
    { output: 'returned' },
  );
  const findings = stdout
    .split('\n')
    .filter((file) => file !== '' && file !== GLOSSARY && existsSync(join(ROOT, file)))
    .filter(isIncluded)
    .flatMap((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      return findWords(file, checkedText(file, text), refused);
    });
  for (const { file, line, word, use } of findings) {
    console.error(`words: ${file}:${line}: "${word}" is refused; write ${use}`);
  }
  return findings.length === 0;
}

if (process.argv[1] === import.meta.filename) {
  process.exitCode = checkWords(process.argv.slice(2)) ? 0 : 1;
}
