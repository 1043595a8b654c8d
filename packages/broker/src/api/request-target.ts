/** Path and query of a request. */
export interface Target {
  /** As it was sent, not decoded: it is part of what is signed. */
  readonly path: string;
  /** The part after the `?`, as it was sent. */
  readonly query: string;
}

/** Returns a path below `base`. A path that is not below it stays as it is: a proxy in front may have removed the base. */
export function pathBelow(base: string, path: string): string {
  return path.startsWith(`${base}/`) ? path.slice(base.length) : path;
}

/** Splits a request target. Unlike `new URL` it never throws, and it does not take `//x` for a host. */
export function parseTarget(url = '/'): Target {
  const mark = url.indexOf('?');
  if (mark === -1) return { path: url, query: '' };
  return { path: url.slice(0, mark), query: url.slice(mark + 1) };
}
