// Writes the tables of options in docs/reference/cli.md as commander has them. `npm run docs` writes, the check compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../steps.js';

const FILE = 'docs/reference/cli.md';
const HEADING = /^## rollcall (\S+)$/m;

/** What is wrong with the document, one line each; after writing, only what a person must write. */
export async function cliDocsFaults({ write = false } = {}) {
  const { createProgram } = await import('../../packages/cli/dist/program.js');
  const { loadAll } = await import('../../packages/cli/dist/lazy-command.js');
  const { commands } = await loadAll(createProgram());
  const path = join(ROOT, FILE);
  const text = readFileSync(path, 'utf8');
  const [head = '', ...sections] = text.split(/^(?=## )/m);
  const described = new Set();
  const written = sections.map((section) => {
    const [, name] = HEADING.exec(section) ?? [];
    if (name === undefined) return section;
    described.add(name);
    const command = commands.find((each) => each.name() === name);
    if (command === undefined) return section;
    const options = [command, ...command.commands].flatMap((each) => each.options);
    const distinct = new Map(options.map((option) => [option.flags, option]));
    return withTable(section, [...distinct.values()]);
  });
  const next = `${[head, ...written].join('').trimEnd()}\n`;
  if (write) writeFileSync(path, next);

  const names = new Set(commands.map((command) => command.name()));
  return [
    ...[...names].filter((name) => !described.has(name)).map((name) => `${FILE} lacks ${name}`),
    ...[...described].filter((name) => !names.has(name)).map((name) => `${FILE}: no ${name}`),
    ...(write || next === text ? [] : [`${FILE} has other options than the command: npm run docs`]),
  ];
}

/**
 * A section with the table of these options at its end.
 * @param {string} section
 * @param {readonly { flags: string, description: string }[]} options
 */
function withTable(section, options) {
  const prose = section.replace(/\n\| option \|[^]*$/, '').trimEnd();
  const rows = options.map(({ flags, description }) => {
    const text = description.replaceAll('<', '\\<').replaceAll('|', '\\|');
    return `| \`${flags}\` | ${text} |`;
  });
  const table = rows.length === 0 ? [] : ['', '| option | meaning |', '|---|---|', ...rows];
  return `${[prose, ...table].join('\n')}\n\n`;
}
