import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectSecurely, createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { readingInto } from '../sockets/read-into.ts';
import type { TakeBytes } from '../sockets/read-into.ts';
import type { Upstream } from '../proxy.ts';

/** Opens connections to instances. */
export class Dialer {
  readonly #ca: string | Buffer | undefined;
  #secureContext: SecureContext | undefined;

  /** @param ca who signs the certificates of instances, as PEM; without, whom Node trusts */
  constructor(ca: string | Buffer | undefined) {
    this.#ca = ca;
  }

  /** @param onConnected it may be written to: with TLS, the instance has shown that it is at that address */
  dial({ address, port, isSecure }: Upstream, take: TakeBytes, onConnected: () => void): Socket {
    const options = {
      host: address,
      port,
      noDelay: true,
      allowHalfOpen: true,
      onread: readingInto(take),
    };
    if (isSecure !== true) return connect(options).on('connect', onConnected);
    // One for all: to make one takes milliseconds.
    this.#secureContext ??= createSecureContext({ ca: this.#ca });
    const secureContext = this.#secureContext;
    return connectSecurely({ ...options, secureContext }).on('secureConnect', onConnected);
  }
}
