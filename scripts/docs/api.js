// Writes docs/reference/api: a page for each public package, from the docstrings of what it exports.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../steps.js';
import { exportsOf } from './declarations.js';

/**
 * @typedef {import('./declarations.js').Declaration} Declaration
 * @typedef {import('./declarations.js').Member} Member
 */

const FOLDER = 'docs/reference/api';
const NOTE = '<!-- Written by `npm run docs` from the docstrings. -->';
const PACKAGES = ['client', 'gateway', 'broker', 'proxy'];
const KINDS = /** @type {const} */ ({
  function: 'Functions',
  class: 'Classes',
  interface: 'Interfaces',
  type: 'Types',
  constant: 'Constants',
});

/** The pages, and the exported names and members that have no docstring. */
export function apiPages() {
  /** @type {Map<string, string>} */
  const pages = new Map();
  /** @type {string[]} */
  const faults = [];
  for (const folder of PACKAGES.filter((each) => existsSync(join(ROOT, 'packages', each)))) {
    const { text, undocumented } = packagePage(folder);
    pages.set(`${FOLDER}/${folder}.md`, text);
    faults.push(...undocumented.map((name) => `packages/${folder}: ${name} has no docstring`));
  }
  const go = goPage();
  if (go.page !== undefined) pages.set(`${FOLDER}/go.md`, go.page);
  faults.push(...go.faults);
  return { pages, faults };
}

/** @param {string} folder */
function packagePage(folder) {
  const read = (/** @type {string} */ file) =>
    readFileSync(join(ROOT, 'packages', folder, file), 'utf8');
  const { name, description, exports } = JSON.parse(read('package.json'));
  /** @type {string[]} */
  const undocumented = [];
  const modules = Object.entries(exports).flatMap(([path, { types }]) => {
    if (types === undefined) return [];
    const declarations = exportsOf(join(ROOT, 'packages', folder, types));
    undocumented.push(...declarations.flatMap(namesWithoutDoc));
    return [`## ${join(name, path)}`, ...sections(declarations)];
  });
  const text = [`# ${name}`, NOTE, `${description}.`, ...modules].join('\n\n');
  return { text: `${text}\n`, undocumented };
}

/** @param {Declaration[]} declarations */
function sections(declarations) {
  return Object.entries(KINDS).flatMap(([kind, title]) => {
    const some = declarations.filter((each) => each.kind === kind);
    return some.length === 0 ? [] : [`### ${title}`, ...some.map(section)];
  });
}

/** @param {Declaration} declaration */
function section({ name, kind, doc, signature, members, events }) {
  const properties = members.filter((member) => member.kind === 'property');
  const methods = members.filter(
    (member) => member.kind === 'method' && (member.name !== 'constructor' || member.doc !== ''),
  );
  const code = kind === 'interface' && !/ extends /.test(signature) ? '' : fenced(signature);
  return [
    `#### ${name}`,
    prose(doc),
    kind === 'type' && members.length > 0 ? '' : code,
    properties.length === 0 ? '' : table(properties),
    events.length === 0 ? '' : eventTable(events),
    ...methods.flatMap((method) => [
      `##### ${name}.${method.name}`,
      prose(method.doc),
      fenced(method.signature),
    ]),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** @param {string} code */
function fenced(code) {
  return `\`\`\`ts\n${code}\n\`\`\``;
}

/** @param {Member[]} properties */
function table(properties) {
  const rows = properties.map(({ name, doc, type, isOptional }) => {
    const { text, value } = withoutDefault(doc);
    const column = value ?? (isOptional ? 'unset' : '');
    return `| \`${name}\` | ${cell(`\`${oneLine(type)}\``)} | ${cell(prose(column))} | ${cell(prose(text))} |`;
  });
  return ['| name | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

/** @param {Member[]} events */
function eventTable(events) {
  const rows = events.map(
    ({ name, doc, type }) =>
      `| \`${name}\` | ${cell(`\`${oneLine(type)}\``)} | ${cell(prose(doc))} |`,
  );
  return ['| event | arguments | meaning |', '|---|---|---|', ...rows].join('\n');
}

/**
 * A docstring without the sentence or the tag that says what the default is.
 * @param {string} doc
 */
function withoutDefault(doc) {
  const found = /\s*(?:@default(?:Value)?\s+(.+)|\bDefault:? ([^]+?)\.(?=\s|$))/.exec(doc);
  if (found === null) return { text: doc, value: undefined };
  const value = oneLine(found[1] ?? found[2] ?? '');
  return { text: doc.replace(found[0], '').trim(), value };
}

/** @param {string} text */
function cell(text) {
  return oneLine(text).replaceAll('|', String.raw`\|`);
}

/** @param {string} text */
function oneLine(text) {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/**
 * A docstring as Markdown: links to names are names, and tags are sentences.
 * @param {string} doc
 */
function prose(doc) {
  return doc
    .replaceAll(/\{@link ([^}|]+?)\}/g, '`$1`')
    .replaceAll(/^@returns /gm, '\nReturns ')
    .replaceAll(/^@throws (?:\{?(\w+)\}?)/gm, '\nThrows `$1`')
    .replaceAll(/(?<![`\w])ROLLCALL_[A-Z_]+(?![`\w])/g, '`$&`')
    .replaceAll(/^@param (\w+) /gm, '- `$1`: ')
    .replaceAll(/^@example$/gm, '\nExample:\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

/** @param {Declaration} declaration */
function namesWithoutDoc({ name, doc, members, events }) {
  const own = doc === '' ? [name] : [];
  return [
    ...own,
    ...[...members, ...events]
      .filter((member) => member.doc === '' && member.name !== 'constructor')
      .map((member) => `${name}.${member.name}`),
  ];
}

/** The page of the Go module, if Go is on this machine. */
function goPage() {
  const { status, stdout, stderr } = spawnSync(
    'go',
    ['run', 'scripts/docs/godoc.go', 'clients/go/registry'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  if (status === null) return { faults: [] };
  if (status !== 0) return { faults: [`clients/go: ${stderr.trim()}`] };
  return { page: `# Go: package registry\n\n${NOTE}\n\n${stdout.trim()}\n`, faults: [] };
}
