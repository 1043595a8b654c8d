import { MAX_PREFIX_SEGMENTS } from '@rollcall/protocol';

export interface RouteMatch {
  /** The longest known prefix of the path. */
  readonly prefix: string;
  /** The target without the prefix, otherwise byte by byte as received. */
  readonly target: string;
}

/**
 * Finds the longest known prefix that ends at a `/` or at the end of the target's path, and strips it. Walks the
 * segments of the path, so the cost does not depend on the number of prefixes.
 *
 * @param target origin form (RFC 9112 §3.2.1): path and query, bytes as received
 */
export function matchRoute(
  target: string,
  knows: (prefix: string) => boolean,
): RouteMatch | undefined {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  const isEncoded = path.includes('%');
  let end = endOfSegments(path, MAX_PREFIX_SEGMENTS);
  while (end > 0) {
    const prefix = isEncoded ? decoded(path.slice(0, end)) : path.slice(0, end);
    if (knows(prefix)) return { prefix, target: strip(target, end) };
    end = path.lastIndexOf('/', end - 1);
  }
  return knows('') ? { prefix: '', target } : undefined;
}

/** Returns a path with the characters decoded that mean the same encoded (RFC 3986 §6.2.2.2): `%7E` is `~`. */
function decoded(path: string): string {
  return path.replace(/%[0-9A-Fa-f]{2}/g, (code) => {
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : code;
  });
}

/** Returns where the first so many segments of a path end: no prefix is longer. */
function endOfSegments(path: string, count: number): number {
  let end = 0;
  for (let left = count; left > 0 && end !== -1; left--) end = path.indexOf('/', end + 1);
  return end === -1 ? path.length : end;
}

function strip(target: string, length: number): string {
  const rest = target.slice(length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}
