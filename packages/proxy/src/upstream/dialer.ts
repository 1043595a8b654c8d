import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectSecurely, createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { readingInto } from '../sockets/read-into.ts';
import type { TakeBytes } from '../sockets/read-into.ts';
import type { Upstream } from '../proxy.ts';

/** Opens connections to upstreams. */
export class Dialer {
  readonly #ca: string | Buffer | undefined;
  #secureContext: SecureContext | undefined;

  /** @param ca of upstreams that speak TLS, as PEM. Default: the CAs that Node trusts */
  constructor(ca: string | Buffer | undefined) {
    this.#ca = ca;
  }

  /**
   * Opens a connection.
   * @param take gets what the upstream sends
   * @param onConnected called when it may be written to: with TLS, once the certificate is verified
   */
  dial(
    { address, port, isSecure, serverName }: Upstream,
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
    if (isSecure !== true) return connect(options).on('connect', onConnected);
    // One for all connections: to make one takes milliseconds.
    this.#secureContext ??= createSecureContext({ ca: this.#ca });
    const secureContext = this.#secureContext;
    const name = serverName === undefined ? {} : { servername: serverName };
    return connectSecurely({ ...options, ...name, secureContext }).on('secureConnect', onConnected);
  }
}
