import { urlScheme } from '@rollcall/protocol';

/** A server that a configuration names. */
export interface UpstreamUrl {
  readonly scheme: 'http' | 'https' | 'h2c' | 'h2';
  /** An IP address, or a DNS name in lower case. */
  readonly host: string;
  readonly port: number;
}

type Scheme = UpstreamUrl['scheme'];

const URL_FORM = /^(?<scheme>https?|h2c?):\/\/[^/?#@\s]+\/?$/i;
const DEFAULT_PORT = { http: 80, https: 443, h2c: 80, h2: 443 };

/** Parses the URL of an upstream: scheme, host and port, and nothing else. */
export function parseUpstreamUrl(written: string): UpstreamUrl | undefined {
  const scheme = URL_FORM.exec(written)?.groups?.['scheme']?.toLowerCase() as Scheme | undefined;
  if (scheme === undefined) return undefined;
  // What is left out of a URL, and how a host is written, depends on the scheme: `h2c` is unknown to URL.
  const known = written.replace(/^[^:]+/, urlScheme({ scheme }));
  if (!URL.canParse(known)) return undefined;
  const { hostname, port } = new URL(known);
  if (port === '0') return undefined;
  return {
    scheme,
    host: hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, ''),
    port: port === '' ? DEFAULT_PORT[scheme] : Number(port),
  };
}

/** Returns the canonical form of an upstream's URL. */
export function formatUpstreamUrl({ scheme, host, port }: UpstreamUrl): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
