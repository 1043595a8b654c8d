import { isLoopbackName } from '@rollcall/protocol';

/** Decides whether this gateway serves the Host of a request. */
export type DomainMatcher = (hostHeader: string) => boolean;

/** Stands for every host. */
const ANY = '*';

/** Returns the hosts of a domain, as they are written; undefined if one of them is not a host. */
export function parseDomain(domain: string): readonly string[] | undefined {
  const hosts = domain.split(',').map((host) => host.trim());
  return hosts.every((host) => host === ANY || hostOf(host) !== undefined) ? hosts : undefined;
}

/**
 * Matches hosts regardless of port and case. All names of loopback are equal: `localhost` matches `127.0.0.1`,
 * `[::1]` and `app.localhost` too. No host, as HTTP/1.0 may have it, matches every domain. `*` matches every host.
 *
 * @param domain hosts separated by commas, with or without port, or `*`; anything else matches no host
 */
export function matchDomain(domain: string): DomainMatcher {
  const hosts = parseDomain(domain)?.map((host) => hostOf(host) ?? ANY);
  if (hosts === undefined) return () => false;
  if (hosts.includes(ANY)) return () => true;
  const own = new Set(hosts);
  const isOwn = hosts.some(isLoopbackName)
    ? (host: string) => isLoopbackName(host) || own.has(host)
    : (host: string) => own.has(host);
  // HTTP/1.0 need not name a host: then the domain is meant.
  return (header) => header === '' || isOwn(hostOf(header) ?? '');
}

// RFC 3986 §3.2.2: a name, an IPv4 address, or an IPv6 address in brackets; then perhaps a port.
const HOST = /^(?<host>(?:[\w~-]+\.)*[\w~-]+\.?|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?$/;

/** Longer ones are no names (RFC 1035 §2.3.4); a port and a dot may follow. */
const MAX_HOST = 260;

/** Returns the host of a Host field in lower case, without its port. A name with a dot at its end is the same (RFC 1034 §3.1). */
export function hostOf(header: string): string | undefined {
  if (header.length > MAX_HOST) return undefined;
  return HOST.exec(header)?.groups?.['host']?.toLowerCase().replace(/\.$/, '');
}
