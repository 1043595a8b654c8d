import type { Instance } from '@rollcall/client';
import { parseUpstreamUrl } from './upstream-url.ts';

const WRITTEN = /^(?:\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9._-]{0,252}[a-z0-9_])?)(?::[0-9]{1,5})?$/i;

/** Whether this may be sent as a Host. */
export function isHost(text: string): boolean {
  return WRITTEN.test(text);
}

/**
 * Returns the Host that requests to an instance get; undefined if it is the client's.
 * @param header `client`, `upstream`, or a host
 */
export function hostFor(
  header: string,
  { configuredAs, announcement }: Pick<Instance, 'configuredAs' | 'announcement'>,
): string | undefined {
  if (header === 'client') return undefined;
  if (header !== 'upstream') return header;
  return configuredAs === undefined
    ? authority(announcement.address, announcement.port, announcement.scheme)
    : hostOfUrl(configuredAs);
}

/** Returns the Host of an upstream's URL. */
export function hostOfUrl(url: string): string {
  const { host = '', port = 0, scheme } = parseUpstreamUrl(url) ?? {};
  return authority(host, port, scheme);
}

/** Without the port that the scheme implies, as browsers and curl send it. */
function authority(host: string, port: number, scheme: string | undefined): string {
  const isSecure = scheme === 'https' || scheme === 'h2';
  const name = host.includes(':') ? `[${host}]` : host;
  return port === (isSecure ? 443 : 80) ? name : `${name}:${port}`;
}
