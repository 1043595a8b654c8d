import { fieldValue } from '../http1/fields.ts';
import type { ResponseHead } from '../message.ts';
import type { Forward, Upstream } from '../proxy.ts';
import type { ClientRequest } from './client-request.ts';
import { ownResponse } from './own-response.ts';
import type { OwnResponse } from './own-response.ts';

const PATH_FIELD = /^(?:location|content-location|refresh|set-cookie):/i;
const REFRESH = /^(?<before>[^;,]*[;,]\s*url\s*=\s*["']?)(?<url>.*)$/i;
const URL_PARTS = /^(?<scheme>https?:)?\/\/(?<authority>[^/?#]*)(?<path>.*)$/i;
const HOST_PORT = /^(?<name>\[[^\]]*\]|[^:]*)(?::(?<port>[0-9]*))?$/;
/** The last Path of a cookie counts (RFC 6265 §5.3). */
const COOKIE_PATH = /(?<before>;\s*path\s*=\s*)(?<path>\/[^;]*)/gi;

/** What the prefix is restored by: who asked, and where it went. */
export interface Restoring {
  readonly request: ClientRequest;
  readonly decision: Forward;
  readonly upstream: Upstream;
}

/**
 * Returns a response with the prefix that was stripped from the request back in what it says of paths, because the
 * upstream does not know of it: as nginx's `proxy_redirect default` and `proxy_cookie_path`.
 */
export function restorePrefix(head: ResponseHead, restoring: Restoring): ResponseHead {
  const fields = head.fields
    .split(/(?<=\r\n)/)
    .map((line) => (PATH_FIELD.test(line) ? restoredLine(line, restoring) : line))
    .join('');
  return { ...head, fields };
}

/** Whether the prefix of the request was stripped, and is to be restored. */
export function restoresPrefix({ prefix = '', isStripped, restoresPrefix: is }: Forward): boolean {
  return prefix !== '' && isStripped !== false && is !== false;
}

/**
 * Returns a redirect to the prefix with a slash if this is a page at the bare prefix, on which relative links would lead
 * out of it.
 */
export function redirectToSlash(
  head: ResponseHead,
  request: ClientRequest,
  { prefix = '', target: sent }: Forward,
): OwnResponse | undefined {
  const { method, target } = request;
  const isBare = (sent === '/' || sent.startsWith('/?')) && !/^[^?]*\/(?:\?|$)/.test(target);
  if (!isBare || (method !== 'GET' && method !== 'HEAD') || head.status !== 200) return undefined;
  if (!/^text\/html\b|^application\/xhtml/i.test(fieldValue(head.fields, 'content-type') ?? ''))
    return undefined;
  const location = `${request.forwardedPrefix}${prefix}${sent}`;
  return ownResponse(308, `location: ${location}\r\n`, Buffer.alloc(0));
}

function restoredLine(line: string, restoring: Restoring): string {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon).toLowerCase();
  const value = line.slice(colon + 1).trim();
  let restored;
  if (name === 'set-cookie') restored = restoredCookie(value, restoring);
  else if (name === 'refresh') {
    const { before, url } = REFRESH.exec(value)?.groups ?? {};
    if (before === undefined || url === undefined) return line;
    restored = before + restoredUrl(url, restoring);
  } else restored = restoredUrl(value, restoring);
  return restored === value ? line : `${line.slice(0, colon)}: ${restored}\r\n`;
}

/** A cookie for every path comes back as it is, and may be meant for other services too. */
function restoredCookie(value: string, restoring: Restoring): string {
  return value.replace(COOKIE_PATH, (whole, before: string, path: string) =>
    path.trim() === '/' ? whole : before + restoredPath(path, restoring),
  );
}

function restoredUrl(url: string, restoring: Restoring): string {
  if (url.startsWith('/') && !url.startsWith('//')) return restoredPath(url, restoring);
  const { scheme = '', authority, path = '' } = URL_PARTS.exec(url)?.groups ?? {};
  if (authority === undefined) return url;
  const below = restoredPath(path.startsWith('/') ? path : `/${path}`, restoring);
  if (isUpstream(authority, restoring)) return below;
  return isClientsHost(authority, restoring) ? `${scheme}//${authority}${below}` : url;
}

/** An upstream that reads X-Forwarded-Prefix may have added the prefix itself. */
function restoredPath(path: string, { request, decision: { prefix = '' } }: Restoring): string {
  const outer = request.forwardedPrefix;
  const isThere = isBelow(path, prefix) || (outer !== '' && isBelow(path, outer + prefix));
  return isThere ? path : prefix + path;
}

function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && /^(?:[/?#]|$)/.test(path.slice(prefix.length));
}

/** Whether a URL has the port of the upstream, and a name that the upstream may know itself by. */
function isUpstream(authority: string, { request, upstream }: Restoring): boolean {
  const { name, port } = partsOf(authority);
  if (Number(port || (upstream.tls !== undefined ? 443 : 80)) !== upstream.port) return false;
  const names = [upstream.address, `[${upstream.address}]`, 'localhost', '127.0.0.1', '[::1]'];
  if (upstream.host !== undefined) names.push(partsOf(upstream.host).name);
  return names.includes(name) || (port !== '' && name === partsOf(request.host).name);
}

function isClientsHost(authority: string, { request }: Restoring): boolean {
  const ours = partsOf(request.host);
  const { name, port } = partsOf(authority);
  return name === ours.name && port === ours.port;
}

function partsOf(authority: string): { readonly name: string; readonly port: string } {
  const { name = '', port = '' } = HOST_PORT.exec(authority)?.groups ?? {};
  return { name: name.toLowerCase(), port: port === '80' || port === '443' ? '' : port };
}
