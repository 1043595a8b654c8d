import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { FROM_UPSTREAMS, SocketReader } from '../sockets/read-into.ts';
import type { Taker } from '../sockets/read-into.ts';
import type { Upstream } from '../proxy.ts';

/**
 * Opens a connection to an upstream.
 * @param taker gets what the upstream sends
 * @param onConnected called when it may be written to: with TLS, once the certificate is verified
 */
export function dial(
  { address, port, tls, isHttp2 }: Upstream,
  taker: Taker,
  onConnected: () => void,
): Socket {
  const options = {
    host: address,
    port,
    noDelay: true,
    allowHalfOpen: true,
    onread: new SocketReader(FROM_UPSTREAMS, taker).onread(),
  };
  if (tls === undefined) return connect(options).on('connect', onConnected);
  const alpn = isHttp2 === true ? { ALPNProtocols: ['h2'] } : {};
  return connectSecurely({ ...options, ...tls, ...alpn }).on('secureConnect', onConnected);
}
