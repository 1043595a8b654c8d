/** A server that a configuration names. */
export interface UpstreamUrl {
  readonly scheme: 'http' | 'https';
  /** An IP address, or a DNS name in lower case. */
  readonly host: string;
  readonly port: number;
}

const URL_FORM = /^https?:\/\/[^/?#@\s]+\/?$/i;
const DEFAULT_PORT = { http: 80, https: 443 };

/** Parses the URL of an upstream: scheme, host and port, and nothing else. */
export function parseUpstreamUrl(written: string): UpstreamUrl | undefined {
  if (!URL_FORM.test(written) || !URL.canParse(written)) return undefined;
  const { protocol, hostname, port } = new URL(written);
  const scheme = protocol === 'https:' ? 'https' : 'http';
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
