import { urlScheme } from '@rollcall/protocol';

/** A server that a configuration names, or a name whose SRV records lead to servers. */
export interface UpstreamUrl {
  readonly scheme: 'http' | 'https' | 'h2c' | 'h2';
  /** An IP address, or a DNS name in lower case. */
  readonly host: string;
  /** Undefined if the SRV records of the host have it. */
  readonly port: number | undefined;
}

type Scheme = UpstreamUrl['scheme'];

const URL_FORM = /^(?<scheme>https?|h2c?)(?<srv>\+srv)?:\/\/[^/?#@\s]+\/?$/i;
const SRV_NAME = /^_[a-z0-9-]{1,62}\._(?:tcp|udp)\.[a-z0-9_.-]{1,240}$/;
const DEFAULT_PORT = { http: 80, https: 443, h2c: 80, h2: 443 };

/** Parses the URL of an upstream: scheme, host and port, and nothing else; or scheme and the name of SRV records. */
export function parseUpstreamUrl(written: string): UpstreamUrl | undefined {
  const { scheme: given, srv } = URL_FORM.exec(written)?.groups ?? {};
  if (given === undefined) return undefined;
  const scheme = given.toLowerCase() as Scheme;
  // What is left out of a URL, and how a host is written, depends on the scheme: `h2c` is unknown to URL.
  const known = written.replace(/^[^:]+/, urlScheme({ scheme }));
  if (!URL.canParse(known)) return undefined;
  const { hostname, port } = new URL(known);
  const host = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  if (srv !== undefined)
    return SRV_NAME.test(host) && !/:\d*\/?$/.test(written)
      ? { scheme, host, port: undefined }
      : undefined;
  if (port === '0') return undefined;
  return { scheme, host, port: port === '' ? DEFAULT_PORT[scheme] : Number(port) };
}

/** Returns the canonical form of an upstream's URL. */
export function formatUpstreamUrl({ scheme, host, port }: UpstreamUrl): string {
  if (port === undefined) return `${scheme}+srv://${host}`;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
