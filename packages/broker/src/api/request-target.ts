/** What a request line asks for. */
export interface Target {
  /** As it was sent, not decoded: it is part of what is signed. */
  readonly path: string;
  /** What is behind the `?`, as it was sent. */
  readonly query: string;
}

/** Takes a request target apart. `new URL` would not do: it throws, and takes `//x` for a host. */
export function parseTarget(url = '/'): Target {
  const mark = url.indexOf('?');
  if (mark === -1) return { path: url, query: '' };
  return { path: url.slice(0, mark), query: url.slice(mark + 1) };
}
