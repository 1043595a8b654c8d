// Holds the documents to the code: every path in them exists, every npm script they name too, and
// the tables of codes name exactly the codes there are.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runStep, ROOT } from './steps.js';

export async function checkDocs() {
  const { stdout } = runStep(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'],
    {
      output: 'returned',
    },
  );
  const documents = stdout
    .split('\n')
    .filter((file) => file !== '' && existsSync(join(ROOT, file)));
  const faults = [
    ...documents.flatMap((file) => [
      ...missingLinks(file),
      ...missingPaths(file),
      ...missingScripts(file),
    ]),
    ...(await codeFaults()),
  ];
  for (const fault of faults) console.error(`docs: ${fault}`);
  return faults.length === 0;
}

/** @param {string} file */
function missingLinks(file) {
  const targets = matches(read(file), /\]\((?!https?:|mailto:|#)([^)#\s]+)/g);
  return targets
    .filter((target) => !existsSync(join(ROOT, dirname(file), target)))
    .map((target) => `${file} links to ${target}, which does not exist`);
}

/**
 * Paths in backticks that begin with a folder of the project.
 * @param {string} file
 */
function missingPaths(file) {
  const paths = matches(
    read(file),
    /`((?:packages|services|clients|conformance|scripts|test|docs|bench)\/[A-Za-z0-9_./-]*)`/g,
  );
  return paths
    .filter((path) => !existsSync(join(ROOT, path)))
    .map((path) => `${file} names ${path}, which does not exist`);
}

/** @param {string} file */
function missingScripts(file) {
  const { scripts } = JSON.parse(read('package.json'));
  return matches(read(file), /npm run ([a-z:-]+)/g)
    .filter((name) => !(name in scripts))
    .map((name) => `${file} names npm run ${name}, which does not exist`);
}

async function codeFaults() {
  const { EXIT_CODES, REFUSAL_CODES } = await import('../packages/protocol/dist/index.js');
  const { PROBLEMS } = await import('../packages/gateway/dist/index.js');
  const documented = matches(read('docs/errors.md'), /^\| `([A-Za-z_-]+)` \|/gm);
  const real = [...Object.keys(EXIT_CODES), ...REFUSAL_CODES, ...Object.keys(PROBLEMS)];
  return [
    ...real
      .filter((code) => !documented.includes(code))
      .map((code) => `docs/errors.md lacks ${code}`),
    ...documented
      .filter((code) => !real.includes(code))
      .map((code) => `docs/errors.md has ${code}, which no code has`),
  ];
}

/** @param {string} file */
function read(file) {
  return readFileSync(join(ROOT, file), 'utf8');
}

/**
 * The first group of each match.
 * @param {string} text
 * @param {RegExp} pattern
 */
function matches(text, pattern) {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}
