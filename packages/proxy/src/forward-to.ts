import { createSecureContext } from 'node:tls';
import type { Decide, Upstream } from './proxy.ts';

const PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'h2c:': 80,
  'h2:': 443,
};

const SECURE: ReadonlySet<string> = new Set(['https:', 'h2:']);

/**
 * Returns a `decide` that forwards every request to one upstream.
 * @param url of the upstream, such as `http://127.0.0.1:3000`, or `h2c://127.0.0.1:3000` for HTTP/2; its path does not matter
 * @throws TypeError if it is no URL with the scheme http, https, h2c (HTTP/2 without TLS) or h2 (with TLS)
 */
export function forwardTo(url: string | URL): Decide {
  const { protocol, hostname, host, port } = new URL(url);
  const defaultPort = PORTS[protocol];
  if (defaultPort === undefined)
    throw new TypeError(`${String(url)} is not an http, https, h2c or h2 URL`);
  const upstream: Upstream = {
    key: host,
    address: hostname.replaceAll(/^\[|\]$/g, ''),
    port: port === '' ? defaultPort : Number(port),
    isHttp2: protocol === 'h2c:' || protocol === 'h2:',
    // One context for all connections: making one takes milliseconds.
    ...(SECURE.has(protocol) && { tls: { secureContext: createSecureContext() } }),
  };
  return ({ target }) => {
    let untried: Upstream | undefined = upstream;
    return {
      type: 'forward',
      target,
      next() {
        const next = untried;
        untried = undefined;
        return next;
      },
    };
  };
}
