import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from '../../packages/cli/src/lazy-command.ts';
import { createProgram } from '../../packages/cli/src/program.ts';
import { ROOT } from './document.ts';

/** Every environment variable of docs/reference/config.md, which another test compares with the code, and Node's own. */
export const KNOWN_VARIABLES: ReadonlySet<string> = new Set([
  'NODE_OPTIONS',
  ...[
    ...readFileSync(join(ROOT, 'docs/reference/config.md'), 'utf8').matchAll(
      /`([A-Z][A-Z_]{3,})`/g,
    ),
  ].map(([, name = '']) => name),
]);

const program = await loadAll(createProgram());

/** The words after `rollcall` that are not a command or an option. */
export function unknownWords([name = '', ...words]: readonly string[]): string[] {
  const named = program.commands.find((each) => each.name() === name);
  if (named === undefined) return [name];
  const command = named.commands.find((each) => each.name() === words[0]) ?? named;
  const known = new Set(command.options.map(({ long }) => long));
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  return own.filter((word) => word.startsWith('-') && !known.has(word));
}
