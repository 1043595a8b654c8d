import type { Filter, FilterRequest } from '@rollcall/proxy';
import type { Format, Resolved } from '@rollcall/runtime/settings';
import { ENABLED } from './filter-kind.ts';
import type { FilterFault, FilterKind } from './filter-kind.ts';
import { compilePath, MAX_PATH_LENGTH } from './path-pattern.ts';

const HOST: Format = {
  expected: 'a host name without a port, such as www.example.com',
  parse: (text) =>
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/.test(text)
      ? text.toLowerCase()
      : undefined,
};

const PATH: Format = {
  expected: 'a path such as /v1',
  parse: (text) => (/^\/(?!\/)[\x21\x22\x24-\x5b\x5d-\x7e]*$/.test(text) ? text : undefined),
};

const PATTERN: Format = {
  expected: 'a regular expression for whole paths',
  parse: (text) => (compilePath(text).ok ? text : undefined),
  problem(text) {
    const compiled = compilePath(text);
    return compiled.ok ? '' : compiled.reason;
  },
};

const PATH_SETTINGS = {
  prefix: {
    type: 'text',
    format: PATH as typeof PATH,
    example: '/old',
    doc: 'Redirects paths that begin with this prefix, up to a `/` or their end.',
  },
  regex: {
    type: 'text',
    format: PATTERN as typeof PATTERN,
    doc: 'Redirects paths of at most 1024 characters that match this regular expression as a whole. Cannot be combined with `prefix`.',
  },
  replacement: {
    type: 'text',
    format: PATH as typeof PATH,
    example: '/new',
    doc: 'Replaces the prefix, or the whole path; `$1` or `$<name>` stand for the groups of `regex`.',
  },
} as const;

const SETTINGS = {
  enabled: ENABLED as typeof ENABLED,
  scheme: {
    type: 'choice',
    words: ['http', 'https'],
    defaultIs: 'that of the request',
    doc: 'The scheme to redirect to.',
  },
  host: {
    type: 'text',
    format: HOST as typeof HOST,
    defaultIs: 'that of the request',
    doc: 'The host to redirect to.',
  },
  port: {
    type: 'port',
    defaultIs: 'that of the request, or the default port of a new scheme or host',
    doc: 'The port to redirect to.',
  },
  path: {
    type: 'group',
    settings: PATH_SETTINGS as typeof PATH_SETTINGS,
    doc: 'The path to redirect to. Paths are as clients send them, with the prefix of the route.',
  },
  status: {
    type: 'integer',
    min: 301,
    max: 308,
    default: 302,
    doc: '301, 302, 307 or 308. Permanent: 301, 308. Clients may change POST to GET with 301 and 302, but not with 307 and 308.',
  },
} as const;

type RedirectSettings = Resolved<typeof SETTINGS>;
type PathSettings = Resolved<typeof PATH_SETTINGS>;

const STATUSES: ReadonlySet<number> = new Set([301, 302, 307, 308]);

/** Answers with a redirect, unless it would lead to the URL of the request. The query is kept. */
export const REDIRECT: FilterKind<typeof SETTINGS> = {
  settings: {
    type: 'group',
    settings: SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'Redirects: clients are sent to another scheme, host, port or path.',
  },
  faults: ({ status, path }) => [
    ...(STATUSES.has(status)
      ? []
      : [{ key: 'status', problem: `is ${status}; it must be 301, 302, 307 or 308` }]),
    ...pathFaults(path),
  ],
  create: (settings) =>
    settings.enabled && isActive(settings) ? redirectFilter(settings) : undefined,
  describe({ scheme, host, port, path, status }) {
    const { prefix, regex, replacement } = path;
    const which =
      replacement === undefined
        ? ''
        : prefix === undefined
          ? ` paths that match ${regex}`
          : ` paths below ${prefix}`;
    const target = Object.entries({ scheme, host, port, path: replacement })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name} ${value}`);
    return `redirects${which} to ${target.join(', ')} (${status})`;
  },
};

function isActive({ scheme, host, port, path }: RedirectSettings): boolean {
  return [scheme, host, port, path.replacement].some((value) => value !== undefined);
}

function pathFaults({ prefix, regex, replacement }: PathSettings): FilterFault[] {
  const isMatched = prefix !== undefined || regex !== undefined;
  if (prefix !== undefined && regex !== undefined)
    return [{ key: 'path.regex', problem: 'cannot be used with `path.prefix`' }];
  if (isMatched && replacement === undefined)
    return [{ key: 'path.replacement', problem: 'is missing' }];
  if (!isMatched && replacement !== undefined)
    return [{ key: 'path.replacement', problem: 'needs `path.prefix` or `path.regex`' }];
  if (prefix !== undefined && replacement?.startsWith(prefix.replace(/\/?$/, '/')))
    return [
      { key: 'path.replacement', problem: 'begins with the prefix: it would redirect again' },
    ];
  return [];
}

function redirectFilter(settings: RedirectSettings): Filter {
  const { status, path } = settings;
  const replace = pathReplacer(path);
  return {
    name: 'redirect',
    onRequest(request) {
      const location = locationOf(settings, request, replace);
      return location === undefined ? undefined : { status, fields: [['location', location]] };
    },
  };
}

/** Returns the path to redirect to; undefined if the rule does not apply to this one. */
type ReplacePath = (path: string) => string | undefined;

function locationOf(
  settings: RedirectSettings,
  request: FilterRequest,
  replace: ReplacePath,
): string | undefined {
  const { target } = request;
  const question = target.indexOf('?');
  const path = question === -1 ? target : target.slice(0, question);
  const replaced = replace(path);
  if (replaced === undefined) return undefined;
  const query = question === -1 ? '' : target.slice(question + 1);
  const location = withQuery(safePath(replaced), query);
  const origin = otherOrigin(settings, request);
  // Relative where the host stays, so that it does not depend on what the client calls it.
  if (origin === undefined) return location === target ? undefined : location;
  return origin + location;
}

function withQuery(path: string, query: string): string {
  if (query === '') return path;
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

/** Returns the origin to redirect to; undefined if it is that of the request. */
function otherOrigin(
  { scheme, host, port }: RedirectSettings,
  request: FilterRequest,
): string | undefined {
  const own = request.isSecure ? 'https' : 'http';
  const [, ownHost = '', ownPort = defaultPort(own)] =
    /^(.*?)(?::([0-9]*))?$/.exec(request.host.toLowerCase()) ?? [];
  const newScheme = scheme ?? own;
  const newHost = host?.toLowerCase() ?? ownHost;
  const isMoved = newScheme !== own || newHost !== ownHost;
  const newPort = String(port ?? (isMoved ? defaultPort(newScheme) : ownPort));
  if (!isMoved && newPort === ownPort) return undefined;
  const isDefault = newPort === defaultPort(newScheme);
  return `${newScheme}://${newHost}${isDefault ? '' : `:${newPort}`}`;
}

function defaultPort(scheme: 'http' | 'https'): string {
  return scheme === 'https' ? '443' : '80';
}

function pathReplacer({ prefix, regex, replacement }: PathSettings): ReplacePath {
  if (replacement === undefined) return (path) => path;
  if (prefix !== undefined) return (path) => replacePrefix(path, prefix, replacement);
  const compiled = compilePath(regex ?? '');
  if (!compiled.ok) throw new Error(compiled.reason);
  const { regexp } = compiled;
  return (path) =>
    path.length <= MAX_PATH_LENGTH && regexp.test(path)
      ? path.replace(regexp, replacement)
      : undefined;
}

function replacePrefix(path: string, prefix: string, replacement: string): string | undefined {
  const isBelow = path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
  if (path !== prefix && !isBelow) return undefined;
  const rest = path.slice(prefix.length);
  return replacement.endsWith('/') && rest.startsWith('/')
    ? replacement + rest.slice(1)
    : replacement + rest;
}

/**
 * A path that no client takes for a host: browsers read `//evil.example` and `/\evil.example` as one. Bytes that no
 * URL has are percent-encoded.
 */
function safePath(path: string): string {
  return `/${path.replace(/^[/\\]+/, '')}`.replace(
    /[^\x21-\x7e]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
