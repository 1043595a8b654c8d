import type { Filter, FilterRequest } from '@rollcall/proxy';
import type { Format, Resolved } from '@rollcall/runtime/settings';
import { ENABLED } from '../filter-kind.ts';
import type { FilterFault, FilterKind } from '../filter-kind.ts';
import {
  compilePathRule,
  describePathRule,
  PATH_RULE_SETTINGS,
  pathRuleFaults,
} from './path-rule.ts';
import type { PathRule, ReplacePath } from './path-rule.ts';

const HOST: Format = {
  expected: 'a host name without a port, such as www.example.com',
  parse: (text) =>
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/.test(text)
      ? text.toLowerCase()
      : undefined,
};

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
    settings: PATH_RULE_SETTINGS as typeof PATH_RULE_SETTINGS,
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
    const { replacement } = path;
    const which = replacement === undefined ? '' : ` ${describePathRule(path)}`;
    const target = Object.entries({ scheme, host, port, path: replacement })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name} ${value}`);
    return `redirects${which} to ${target.join(', ')} (${status})`;
  },
};

function isActive({ scheme, host, port, path }: RedirectSettings): boolean {
  return [scheme, host, port, path.replacement].some((value) => value !== undefined);
}

function pathFaults(path: PathRule): FilterFault[] {
  const { prefix, replacement } = path;
  const [fault] = pathRuleFaults(path);
  if (fault !== undefined) return [{ ...fault, key: `path.${fault.key}` }];
  if (prefix !== undefined && replacement?.startsWith(prefix.replace(/\/?$/, '/')))
    return [
      { key: 'path.replacement', problem: 'begins with the prefix: it would redirect again' },
    ];
  return [];
}

function redirectFilter(settings: RedirectSettings): Filter {
  const { status, path } = settings;
  const replace = compilePathRule(path) ?? ((each) => each);
  return {
    name: 'redirect',
    onRequest(request) {
      const location = locationOf(settings, request, replace);
      return location === undefined ? undefined : { status, fields: [['location', location]] };
    },
  };
}

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
