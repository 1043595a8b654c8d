import { parsePrefix } from '@rollcall/protocol';

/** What the key of a route says. */
export interface RouteKey {
  /** A host, or `*.` and the domain below which every host is meant; `''` for the hosts of the gateway's domain. */
  readonly host: string;
  /** Canonical. */
  readonly prefix: string;
}

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const HOST = new RegExp(`^(?:(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*|\\[[0-9a-f:.]+\\])$`);
const MAX_HOST = 253;

/** Parses the key of a route, such as `/v1`, `api.example.com/v1` or `*.example.com/`; undefined if it is invalid. */
export function parseRouteKey(written: string): RouteKey | undefined {
  const slash = written.indexOf('/');
  if (slash === -1 && written !== '') return undefined;
  const host = written.slice(0, Math.max(slash, 0)).toLowerCase();
  if (host !== '' && (host.length > MAX_HOST || !HOST.test(host))) return undefined;
  const prefix = parsePrefix(written.slice(host.length));
  return prefix.ok ? { host, prefix: prefix.value } : undefined;
}

/** Returns the canonical form of a key: the prefix, after the host if there is one. */
export function routeKey({ host, prefix }: RouteKey): string {
  return host === '' ? prefix : `${host}${prefix || '/'}`;
}
