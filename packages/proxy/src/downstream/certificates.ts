import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { ProxyError } from '../errors.ts';

/** A certificate and its key, as PEM. */
export interface Certificate {
  /** The certificate chain. */
  readonly cert: string | Buffer;
  /** Its private key. */
  readonly key: string | Buffer;
}

/** How a proxy speaks TLS. Versions below 1.2 are refused. */
export interface TlsSettings {
  /**
   * For clients that name no host, or one that no other certificate has. Default: their handshake fails.
   */
  readonly certificate?: Certificate | undefined;
  /**
   * Chosen by the name that the client asks for (SNI): an exact one takes precedence over a wildcard, and the first
   * certificate over later ones with the same name.
   */
  readonly certificates?: readonly Certificate[] | undefined;
  /**
   * CA of clients, as PEM. With it clients are asked for a certificate; those without, or with one of another CA, are
   * served all the same, without a {@link ClientCertificate}. It can change while the proxy runs, but not whether there
   * is one. Default: clients are not asked.
   */
  readonly clientCa?: string | undefined;
  /**
   * Certificates that answer TLS-ALPN-01 challenges (RFC 8737), by name in lower case, while they are pending. Default:
   * none.
   */
  readonly challenges?: ReadonlyMap<string, Certificate> | undefined;
  /**
   * 48 bytes that encrypt session tickets: processes that share them resume each other's sessions. Default: random.
   */
  readonly ticketKeys?: Uint8Array | undefined;
}

/** The lowest version of TLS: those below are deprecated (RFC 8996). */
export const MIN_VERSION = 'TLSv1.2';

/** What sessions belong to: the same in all processes, so that they can be resumed in each. */
export const SESSION_CONTEXT = 'proxy';

/** Certificates by the names in them. */
export class Certificates {
  readonly #byName = new Map<string, SecureContext>();

  /** @throws ProxyError ERR_PROXY_CERTIFICATE */
  constructor({ certificate, certificates = [], clientCa }: TlsSettings) {
    for (const each of certificate === undefined ? certificates : [...certificates, certificate]) {
      const context = secureContext(each, clientCa);
      for (const name of dnsNames(each)) {
        if (!this.#byName.has(name)) this.#byName.set(name, context);
      }
    }
  }

  /** The certificate for a name, or undefined if none has it. A wildcard stands for one label (RFC 9525 §6.3). */
  find(name: string): SecureContext | undefined {
    const lower = name.toLowerCase().replace(/\.$/, '');
    return this.#byName.get(lower) ?? this.#byName.get(lower.replace(/^[^.]+/, '*'));
  }
}

/**
 * Reads a certificate, and the CA of clients.
 * @throws ProxyError ERR_PROXY_CERTIFICATE if it cannot be read, or does not belong to the key
 */
export function secureContext(
  certificate: Certificate | undefined,
  clientCa: string | undefined,
): SecureContext {
  try {
    return createSecureContext({
      ...certificate,
      ca: clientCa,
      minVersion: MIN_VERSION,
      sessionIdContext: SESSION_CONTEXT,
    });
  } catch (error) {
    throw new ProxyError(
      'ERR_PROXY_CERTIFICATE',
      `the TLS certificate and key cannot be used (${reasonOf(error)}); both must be PEM, and belong together`,
      { cause: error },
    );
  }
}

/** The DNS names in a certificate, in lower case. */
function dnsNames({ cert }: Certificate): string[] {
  const { subjectAltName = '' } = new X509Certificate(cert);
  return [...subjectAltName.matchAll(/(?:^|, )DNS:([^,"]+)/g)].map(([, name = '']) =>
    name.toLowerCase(),
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'not readable';
}
