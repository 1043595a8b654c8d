// Holds the documents to the code: every path in them exists, every npm script they name too, and
// the tables of codes and settings name exactly those there are.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cliDocsFaults } from './cli-docs.js';
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
    ...settingFaults(),
    ...(await cliDocsFaults()),
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
    /`((?:packages|services|clients|conformance|scripts|test|docs|bench|deploy)\/[A-Za-z0-9_./-]*)`/g,
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
  const { ADMIN_PROBLEMS, PROBLEMS } = await import('../packages/gateway/dist/index.js');
  const documented = matches(read('docs/errors.md'), /^\| `([A-Za-z_-]+)` \|/gm);
  const real = [
    ...Object.keys(EXIT_CODES),
    ...REFUSAL_CODES,
    ...Object.keys(PROBLEMS),
    ...Object.keys(ADMIN_PROBLEMS),
  ];
  return differences('docs/errors.md', documented, real);
}

/** How `rollcall up` tells the services that it started: nobody else sets it. */
const INTERNAL = 'ROLLCALL_END_WITH_STDIN';

/** Variables of the environment and flags, as the sources read them. */
function settingFaults() {
  const { stdout } = runStep(
    'git',
    [
      'ls-files',
      '--cached',
      '--others',
      '--exclude-standard',
      'packages/*/src/*.ts',
      'services/*.ts',
      '*.go',
    ],
    { output: 'returned' },
  );
  const files = stdout.split('\n').filter((file) => file !== '' && existsSync(join(ROOT, file)));
  const sources = files
    .filter((file) => !/\/test\/|_test\.go$/.test(file))
    .map(read)
    .join('\n');
  const variables = [
    ...matches(sources, /\benv\['([A-Z_]+)'\]/g),
    ...matches(sources, /\benv: '([A-Z_]+)'/g),
    ...matches(sources, /\bvalue\(env, '([A-Z_]+)'\)/g),
    ...matches(sources, /\bgetenv\("([A-Z_]+)"\)/g),
  ];
  const flags = [
    ...matches(sources, /ption\(\s*'(--[a-z-]+)/g),
    ...matches(sources, /\bflags\.\w+\("([a-z.]+)"/g).map((name) => `-${name}`),
  ];
  const rows = matches(read('docs/config.md'), /^(\|.*)$/gm).join('\n');
  const documented = matches(rows, /`([A-Z_]{3,}|--?[a-z][a-z.-]+)`/g);
  const real = [...variables, ...flags].filter((name) => name !== INTERNAL);
  return differences('docs/config.md', documented, real);
}

/**
 * What a document has that the code has not, and the other way round.
 * @param {string} file
 * @param {string[]} documented
 * @param {string[]} real
 */
function differences(file, documented, real) {
  const [inDocument, inCode] = [new Set(documented), new Set(real)];
  return [
    ...[...inCode].filter((each) => !inDocument.has(each)).map((each) => `${file} lacks ${each}`),
    ...[...inDocument]
      .filter((each) => !inCode.has(each))
      .map((each) => `${file} has ${each}, which the code has not`),
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
