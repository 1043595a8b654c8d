/** A host, and perhaps a port: RFC 3986 §3.2.2 without characters that no host name has. */
const AUTHORITY = /^(?:[A-Za-z0-9._~%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?$/;

let lastHost = '';

/** Returns whether this can be a Host. The last valid one is cached, because most requests have the same. */
export function isHost(value: string): boolean {
  if (value === lastHost) return value !== '';
  if (value.length > 255 || !AUTHORITY.test(value)) return false;
  lastHost = value;
  return true;
}

const ABSOLUTE = /^https?:\/\/(?<authority>[^/?]*)(?<rest>.*)$/i;

/** Returns the parts of a target in absolute form (RFC 9112 §3.2.2); undefined if it is in another. */
export function splitAbsolute(target: string): { authority: string; path: string } | undefined {
  const { authority, rest } = ABSOLUTE.exec(target)?.groups ?? {};
  if (authority === undefined || rest === undefined || !isHost(authority)) return undefined;
  return { authority, path: rest.startsWith('/') ? rest : `/${rest}` };
}

/** A path without any of these cannot climb. */
const MAY_CLIMB = /\.\.|%2e/i;

/**
 * Returns whether some reading of this path climbs above where it begins: with dots or slashes percent-encoded,
 * with `\` for `/`, with parameters after the dots, with empty segments merged. An upstream that reads it so would serve
 * what lies outside the prefix of the route.
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
