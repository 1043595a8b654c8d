export interface RouteMatch<Found> {
  /** The longest known prefix of the path. */
  readonly prefix: string;
  /** What it leads to. */
  readonly found: Found;
  /** The target without the prefix, otherwise byte by byte as received. */
  readonly target: string;
}

/**
 * Finds the longest known prefix that ends at a `/` or at the end of the target's path, and strips it. Walks the
 * segments of the path, so the cost does not depend on the number of prefixes.
 *
 * @param target origin form (RFC 9112 §3.2.1): path and query, bytes as received
 * @param maxSegments no known prefix has more
 * @param find returns what a prefix leads to; undefined if it is not known
 */
export function matchRoute<Found>(
  target: string,
  maxSegments: number,
  find: (prefix: string) => Found | undefined,
): RouteMatch<Found> | undefined {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  const isEncoded = path.includes('%');
  let end = endOfSegments(path, maxSegments);
  while (end > 0) {
    const prefix = isEncoded ? decoded(path.slice(0, end)) : path.slice(0, end);
    const found = find(prefix);
    if (found !== undefined) return { prefix, found, target: strip(target, end) };
    end = path.lastIndexOf('/', end - 1);
  }
  const found = find('');
  return found === undefined ? undefined : { prefix: '', found, target };
}

/** Returns a path with the characters decoded that mean the same encoded (RFC 3986 §6.2.2.2): `%7E` is `~`. */
function decoded(path: string): string {
  return path.replace(/%[0-9A-Fa-f]{2}/g, (code) => {
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : code;
  });
}

/** Returns where the first so many segments of a path end. */
function endOfSegments(path: string, count: number): number {
  let end = 0;
  for (let left = count; left > 0 && end !== -1; left--) end = path.indexOf('/', end + 1);
  return end === -1 ? path.length : end;
}

function strip(target: string, length: number): string {
  const rest = target.slice(length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Returns how many segments a canonical prefix has. */
export function segmentsOf(prefix: string): number {
  return prefix.split('/').length - 1;
}

/** Returns the most segments that one of these prefixes has. */
export function maxSegmentsOf(prefixes: readonly string[]): number {
  return prefixes.reduce((max, each) => Math.max(max, segmentsOf(each)), 0);
}
