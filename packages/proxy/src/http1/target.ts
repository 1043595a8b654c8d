/** A host, and perhaps a port: RFC 3986 §3.2.2 without the marks that no name of a host has. */
const AUTHORITY = /^(?:[A-Za-z0-9._~%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?$/;

let lastHost = '';

/** Whether this can be a Host. The last one that could is remembered: most requests bring the same. */
export function isHost(value: string): boolean {
  if (value === lastHost) return value !== '';
  if (value.length > 255 || !AUTHORITY.test(value)) return false;
  lastHost = value;
  return true;
}

const ABSOLUTE = /^https?:\/\/(?<authority>[^/?]*)(?<rest>.*)$/i;

/** The parts of a target in absolute form (RFC 9112 §3.2.2), or undefined if it is none. */
export function splitAbsolute(target: string): { authority: string; path: string } | undefined {
  const { authority, rest } = ABSOLUTE.exec(target)?.groups ?? {};
  if (authority === undefined || rest === undefined || !isHost(authority)) return undefined;
  return { authority, path: rest.startsWith('/') ? rest : `/${rest}` };
}

/** Where there is none of these, no path can climb. */
const MAY_CLIMB = /\.\.|%2e/i;

/**
 * Whether some reading of this path climbs above where it begins: with dots or slashes percent-encoded,
 * with `\` for `/`, with parameters after the dots, with empty segments merged. An instance that reads
 * so would answer with what lies beside the prefix that the request was routed by.
 */
export function escapesPrefix(target: string): boolean {
  if (!MAY_CLIMB.test(target)) return false;
  const path = target
    .replace(/\?.*$/, '')
    .replace(/%2e/gi, '.')
    .replace(/%2f|%5c|\\/gi, '/');
  let depth = 0;
  for (const each of path.split('/')) {
    const segment = each.replace(/(?:;|%3b).*$/i, '');
    if (segment === '..') depth--;
    else if (segment !== '' && segment !== '.') depth++;
    if (depth < 0) return true;
  }
  return false;
}
