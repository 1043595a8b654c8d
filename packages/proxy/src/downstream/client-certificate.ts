import type { X509Certificate } from 'node:crypto';

/** What a client has proved by a certificate that the CA of clients has signed. */
export interface ClientCertificate {
  /** The subject, the most specific part first, such as `CN=alice,O=Example` (RFC 4514). */
  readonly subject: string;
  /** The other names, each with its kind, such as `DNS:alice.example` or `URI:spiffe://example/alice`. */
  readonly names: readonly string[];
  /** SHA-256 of the certificate, in lower-case hex. */
  readonly fingerprint: string;
  /** From when it is valid, in milliseconds since 1970. */
  readonly validFrom: number;
  /**
   * Until when it is valid, in milliseconds since 1970. A connection may stay open for longer, and a resumed session proves
   * what an earlier handshake did.
   */
  readonly validUntil: number;
}

/** What is needed of a connection: those of `node:tls` have it. */
interface Verified {
  readonly authorized?: boolean | undefined;
  getPeerX509Certificate?(): X509Certificate | undefined;
}

/** Returns what the client of a connection has proved, or undefined if it has no certificate, or one of another CA. */
export function clientCertificateOf(socket: Verified): ClientCertificate | undefined {
  if (socket.authorized !== true) return undefined;
  const certificate = socket.getPeerX509Certificate?.();
  return certificate && described(certificate);
}

function described({
  subject,
  subjectAltName,
  fingerprint256,
  validFrom,
  validTo,
}: X509Certificate): ClientCertificate {
  return {
    subject: subject.split('\n').toReversed().join(','),
    names: alternativeNames(subjectAltName ?? ''),
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
    validFrom: Date.parse(validFrom),
    validUntil: Date.parse(validTo),
  };
}

/** Node quotes a value that could be mistaken for several. */
function alternativeNames(text: string): string[] {
  const parts = text.matchAll(
    /(?<kind>[^:,]+):(?:(?<quoted>"(?:[^"\\]|\\.)*")|(?<bare>[^,]*))(?:, |$)/g,
  );
  return [...parts].map(({ groups = {} }) => {
    const { kind = '', quoted, bare = '' } = groups;
    return `${kind}:${quoted === undefined ? bare : String(JSON.parse(quoted))}`;
  });
}
