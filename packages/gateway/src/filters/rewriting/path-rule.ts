import type { Format, Resolved } from '@rollcall/runtime/settings';
import type { FilterFault } from '../filter-kind.ts';
import { compilePath, MAX_PATH_LENGTH } from './path-pattern.ts';

/** A path to match or to replace another by. */
export const PATH: Format = {
  expected: 'a path such as /v1',
  parse: (text) => (/^\/(?!\/)[\x21\x22\x24-\x5b\x5d-\x7e]*$/.test(text) ? text : undefined),
};

export const PATTERN: Format = {
  expected: 'a regular expression for whole paths',
  parse: (text) => (compilePath(text).ok ? text : undefined),
  problem(text) {
    const compiled = compilePath(text);
    return compiled.ok ? '' : compiled.reason;
  },
};

/** Which paths are replaced, and by what. */
export const PATH_RULE_SETTINGS = {
  prefix: {
    type: 'text',
    format: PATH as typeof PATH,
    example: '/old',
    doc: 'Applies to paths that begin with this prefix, up to a `/` or their end.',
  },
  regex: {
    type: 'text',
    format: PATTERN as typeof PATTERN,
    doc: 'Applies to paths of at most 1024 characters that match this regular expression as a whole. Cannot be combined with `prefix`.',
  },
  replacement: {
    type: 'text',
    format: PATH as typeof PATH,
    example: '/new',
    doc: 'Replaces the prefix, or the whole path; `$1` or `$<name>` stand for the groups of `regex`.',
  },
} as const;

export type PathRule = Resolved<typeof PATH_RULE_SETTINGS>;

/** Returns what replaces a path; undefined if the rule does not apply to it. */
export type ReplacePath = (path: string) => string | undefined;

/** Returns what is wrong with a rule, with keys such as `regex`. */
export function pathRuleFaults({ prefix, regex, replacement }: PathRule): FilterFault[] {
  const isMatched = prefix !== undefined || regex !== undefined;
  if (prefix !== undefined && regex !== undefined)
    return [{ key: 'regex', problem: 'cannot be used with `prefix`' }];
  if (isMatched && replacement === undefined)
    return [{ key: 'replacement', problem: 'is missing' }];
  if (!isMatched && replacement !== undefined)
    return [{ key: 'replacement', problem: 'needs `prefix` or `regex`' }];
  return [];
}

/** Compiles a rule; undefined if it replaces nothing. */
export function compilePathRule({ prefix, regex, replacement }: PathRule): ReplacePath | undefined {
  if (replacement === undefined) return undefined;
  if (prefix !== undefined) return (path) => replacePrefix(path, prefix, replacement);
  const compiled = compilePath(regex ?? '');
  if (!compiled.ok) throw new Error(compiled.reason);
  const { regexp } = compiled;
  return (path) =>
    path.length <= MAX_PATH_LENGTH && regexp.test(path)
      ? path.replace(regexp, replacement)
      : undefined;
}

/** Says which paths a rule applies to. */
export function describePathRule({ prefix, regex }: PathRule): string {
  return prefix === undefined ? `paths that match ${regex}` : `paths below ${prefix}`;
}

function replacePrefix(path: string, prefix: string, replacement: string): string | undefined {
  const isBelow = path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
  if (path !== prefix && !isBelow) return undefined;
  const rest = path.slice(prefix.replace(/\/$/, '').length);
  return replacement.endsWith('/') && rest.startsWith('/')
    ? replacement + rest.slice(1)
    : replacement + rest;
}
