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

/** Each set of separators that an upstream may split a path at: `/`, and with it any of `%2f`, `%5c` and `\`. */
const SEPARATORS = [
  /\//,
  /\/|%2f/i,
  /\/|%5c/i,
  /[/\\]/,
  /\/|%2f|%5c/i,
  /[/\\]|%2f/i,
  /[/\\]|%5c/i,
  /[/\\]|%2f|%5c/i,
];

/**
 * Returns whether some reading of this path climbs above where it begins: with dots or slashes percent-encoded,
 * with `\` for `/`, with parameters after the dots, up to a NUL, with empty segments merged. An upstream that reads it so would serve
 * what lies outside the prefix of the route. Each set of separators is a reading by itself, because a segment more is also
 * one more that `..` may take back.
 */
export function escapesPrefix(target: string): boolean {
  if (!MAY_CLIMB.test(target)) return false;
  const path = target.replace(/\?.*$/, '').replace(/%2e/gi, '.');
  return SEPARATORS.some((separator) => climbs(path.split(separator)));
}

function climbs(segments: readonly string[]): boolean {
  let depth = 0;
  for (const each of segments) {
    const segment = each.replace(/(?:;|%3b|%00).*$/i, '');
    if (segment === '..') depth--;
    else if (segment !== '' && segment !== '.') depth++;
    if (depth < 0) return true;
  }
  return false;
}

/** Returns what follows so many segments of a target. */
export function afterSegments(target: string, count: number): string {
  let at = 0;
  for (let left = count; left > 0 && at !== -1; left--) at = target.indexOf('/', at + 1);
  return at === -1 ? '' : target.slice(at);
}
