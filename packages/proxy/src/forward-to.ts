import type { Decide, Upstream } from './proxy.ts';

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * Returns a `decide` that forwards every request to one upstream.
 * @param url of the upstream, such as `http://127.0.0.1:3000`; its path does not matter
 * @throws TypeError if it is no URL with the scheme http or https
 */
export function forwardTo(url: string | URL): Decide {
  const { protocol, hostname, host, port } = new URL(url);
  const defaultPort = PORTS[protocol];
  if (defaultPort === undefined) throw new TypeError(`${String(url)} is not an http or https URL`);
  const upstream: Upstream = {
    key: host,
    address: hostname.replaceAll(/^\[|\]$/g, ''),
    port: port === '' ? defaultPort : Number(port),
    isSecure: protocol === 'https:',
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
