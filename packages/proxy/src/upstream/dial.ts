import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { readingInto } from '../sockets/read-into.ts';
import type { TakeBytes } from '../sockets/read-into.ts';
import type { Upstream } from '../proxy.ts';

/**
 * Opens a connection to an upstream.
 * @param take gets what the upstream sends
 * @param onConnected called when it may be written to: with TLS, once the certificate is verified
 */
export function dial(
  { address, port, tls, isHttp2 }: Upstream,
  take: TakeBytes,
  onConnected: () => void,
): Socket {
  const options = {
    host: address,
    port,
    noDelay: true,
    allowHalfOpen: true,
    onread: readingInto(take),
  };
  if (tls === undefined) return connect(options).on('connect', onConnected);
  const alpn = isHttp2 === true ? { ALPNProtocols: ['h2'] } : {};
  return connectSecurely({ ...options, ...tls, ...alpn }).on('secureConnect', onConnected);
}
