import { createSecureContext } from 'node:tls';
import type { PeerCertificate, SecureContext } from 'node:tls';
import { IDENTITY_FAILURE, schemeFacts } from '@rollcall/protocol';
import type { Announcement } from '@rollcall/protocol';
import type { Certificate } from './files.ts';
import { identityFault, identityOf } from './instance-identity.ts';

/** What a program that connects to instances trusts, and shows. */
export interface InstanceCredentials {
  /** The authorities that sign the certificates of instances, as PEM. Default: those of Node. */
  readonly ca?: string | undefined;
  /** Shown to each instance that asks for one. Default: none. */
  readonly certificate?: Certificate | undefined;
}

/** How a connection to one instance is secured: options of Node's `tls.connect`. */
export interface InstanceTlsOptions {
  /** What the certificate has to be for. */
  readonly identity: string;
  /** What is trusted and shown. */
  readonly secureContext: SecureContext;
  /** Sent as SNI. */
  readonly servername?: string;
  /** Returns why the certificate does not prove that, or undefined if it does. */
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined;
}

type Addressed = Pick<Announcement, 'address' | 'scheme' | 'tls'>;

/**
 * Secures connections to instances. Everything that connects to an instance by TLS takes its options from here: those of
 * requests, of their copies and of probes, so that no way to an instance is without the check of who it is.
 */
export class InstanceTls {
  readonly #credentials: InstanceCredentials;
  #secureContext: SecureContext | undefined;
  /** Made once for each announcement. */
  readonly #options = new WeakMap<Addressed, InstanceTlsOptions>();

  constructor(credentials: InstanceCredentials) {
    this.#credentials = credentials;
  }

  /** Returns how connections to this instance are secured; undefined if it does not speak TLS. */
  optionsFor(announcement: Addressed): InstanceTlsOptions | undefined {
    if (!schemeFacts(announcement).isSecure) return undefined;
    const known = this.#options.get(announcement);
    if (known !== undefined) return known;
    const options = this.#make(announcement);
    this.#options.set(announcement, options);
    return options;
  }

  #make(announcement: Addressed): InstanceTlsOptions {
    const identity = identityOf(announcement);
    const serverName = announcement.tls?.serverName;
    return {
      identity,
      secureContext: this.#context(),
      ...(serverName !== undefined && { servername: serverName }),
      // Node calls it once the certificate is found to be valid and signed, and before anything is sent.
      checkServerIdentity(_host, certificate) {
        const fault = identityFault(identity, certificate);
        return fault === undefined
          ? undefined
          : Object.assign(new Error(fault), { code: IDENTITY_FAILURE });
      },
    };
  }

  /** One for all connections: making one takes milliseconds. */
  #context(): SecureContext {
    const { ca, certificate } = this.#credentials;
    return (this.#secureContext ??= createSecureContext({ ca, ...certificate }));
  }
}
