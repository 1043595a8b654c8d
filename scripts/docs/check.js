// Holds the documents to the code: every path, link, npm script and command in them exists, and
// the tables of codes and settings name exactly those there are.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cliDocsFaults } from './cli.js';
import { configDocsFaults } from './config.js';
import { runStep, ROOT } from '../steps.js';
import { announcementFiles } from './announcement.js';
import { apiPages } from './api.js';

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
  const commands = await commandLines();
  const faults = [
    ...documents.flatMap((file) => [
      ...missingLinks(file),
      ...missingPaths(file),
      ...missingScripts(file),
      ...missingCommands(file, commands),
    ]),
    ...(await codeFaults()),
    ...settingFaults(),
    ...(await cliDocsFaults()),
    ...(await configDocsFaults()),
    ...(await apiFaults()),
  ];
  for (const fault of faults) console.error(`docs: ${fault}`);
  return faults.length === 0;
}

/** @param {string} file */
function missingLinks(file) {
  const links = /\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?|\bsrc(?:set)?="([^"]+)"/g;
  return [...read(file).matchAll(links)].flatMap(([, link = '', anchor, image]) => {
    const path = image ?? link;
    const target = path === '' ? file : join(dirname(file), path);
    if (!existsSync(join(ROOT, target))) return [`${file} links to ${path}, which does not exist`];
    const isThere = anchor === undefined || anchorsOf(target).includes(anchor);
    return isThere ? [] : [`${file} links to #${anchor} of ${target}, which does not exist`];
  });
}

/**
 * Of each heading, as GitHub makes them.
 * @param {string} file
 */
function anchorsOf(file) {
  return matches(read(file), /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  );
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

/** Of each command of rollcall, its options. */
async function commandLines() {
  const { createProgram } = await import('../../packages/cli/dist/program.js');
  const { loadAll } = await import('../../packages/cli/dist/lazy-command.js');
  const { commands } = await loadAll(createProgram());
  return new Map(
    commands.map((command) => [
      command.name(),
      // Its subcommands and their options count as its own.
      new Set([
        ...[command, ...command.commands].flatMap((each) => each.options.map(({ long }) => long)),
        '--help',
      ]),
    ]),
  );
}

/**
 * Command lines of rollcall: commands that do not exist, or have no such option. What comes after `--` is
 * another program's.
 * @param {string} file
 * @param {Map<string, Set<string | undefined>>} commands
 */
function missingCommands(file, commands) {
  return [...read(file).matchAll(/(?:npx |`)rollcall ([a-z]+)([^`\n|&;#]*)/g)].flatMap(
    ([line, name = '', rest = '']) => {
      const options = commands.get(name);
      if (options === undefined) return [`${file}: there is no command ${line}`];
      const [own = ''] = rest.split(' -- ');
      return matches(own, /(?:^|\s)(--[a-z-]+)/g)
        .filter((option) => !options.has(option))
        .map((option) => `${file}: rollcall ${name} has no ${option}`);
    },
  );
}

async function codeFaults() {
  const { EXIT_CODES, REFUSAL_CODES } = await import('../../packages/protocol/dist/index.js');
  const { ADMIN_PROBLEMS, AUTH_PROBLEMS, PROBLEMS } =
    await import('../../packages/gateway/dist/index.js');
  const { BROKER_ADMIN_PROBLEMS } = await import('../../packages/broker/dist/index.js');
  const documented = matches(read('docs/reference/errors.md'), /^\| `([A-Za-z_-]+)` \|/gm);
  const real = [
    ...Object.keys(EXIT_CODES),
    ...REFUSAL_CODES,
    ...Object.keys(PROBLEMS),
    ...Object.keys(AUTH_PROBLEMS),
    ...new Set([...Object.keys(ADMIN_PROBLEMS), ...Object.keys(BROKER_ADMIN_PROBLEMS)]),
  ];
  return [
    ...differences('docs/reference/errors.md', documented, real),
    ...(await exposureFaults()),
  ];
}

async function exposureFaults() {
  const { EXPOSURE_CODES } = await import('../../packages/gateway/dist/index.js');
  const [, codes = ''] = read('docs/reference/exposure.md').split('## Codes');
  const documented = matches(codes, /^\| `([a-z-]+)` \|/gm);
  return differences('docs/reference/exposure.md', documented, [...EXPOSURE_CODES]);
}

/** Written files that are not as the docstrings and the list of announcement fields have them, and exported names without a docstring. */
async function apiFaults() {
  const { pages, faults } = apiPages();
  const written = [...pages, ...(await announcementFiles())];
  const stale = written.filter(
    ([file, text]) => !existsSync(join(ROOT, file)) || read(file) !== text,
  );
  return [...faults, ...stale.map(([file]) => `${file} is not up to date: npm run docs`)];
}

/** `rollcall up` sets it for the services that it starts. It is not for users. */
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
    ...matches(sources, /Variable: '([A-Z_]+)'/g),
    ...matches(sources, /\bvalue\(env, '([A-Z_]+)'\)/g),
    ...matches(sources, /\bgetenv\("([A-Z_]+)"\)/g),
  ];
  const flags = [
    ...matches(sources, /ption\(\s*'(--[a-z-]+)/g),
    ...matches(sources, /\bflag: '(--[a-z-]+)/g),
    ...matches(sources, /\bflags\.\w+\("([a-z.]+)"/g).map((name) => `-${name}`),
  ];
  const rows = matches(read('docs/reference/config.md'), /^(\|.*)$/gm).join('\n');
  const documented = matches(rows, /`([A-Z_]{3,}|--?[a-z][a-z.-]+)`/g);
  const real = [...variables, ...flags].filter((name) => name !== INTERNAL);
  return differences('docs/reference/config.md', documented, real);
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
