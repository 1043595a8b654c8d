import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Validity } from './schedule.ts';

/** A certificate chain and its key, as PEM, and when it is valid. */
export interface HeldCertificate extends Validity {
  readonly cert: string;
  readonly key: string;
  /** Orders the certificates of a name: by when they became valid, and those of one second by their content. */
  readonly version: number;
}

/** Of a number's 53 bits, seconds need 31. */
const CONTENT_BITS = 20;

/** Reads a certificate. Returns undefined if it cannot be used for a name, or does not belong to its key. */
export function heldCertificate(
  cert: string,
  key: string,
  name: string,
): HeldCertificate | undefined {
  try {
    createSecureContext({ cert, key });
    const read = new X509Certificate(cert);
    if (read.checkHost(name) === undefined) return undefined;
    return { cert, key, ...validityOf(read), version: versionOf(read) };
  } catch {
    return undefined;
  }
}

function versionOf(read: X509Certificate): number {
  const content = Number.parseInt(
    read.fingerprint256.replaceAll(':', '').slice(0, CONTENT_BITS / 4),
    16,
  );
  return (Date.parse(read.validFrom) / 1000) * 2 ** CONTENT_BITS + content;
}

/** When a certificate is valid. */
export function validityOf({
  validFrom,
  validTo,
}: Pick<X509Certificate, 'validFrom' | 'validTo'>): Validity {
  return { notBefore: Date.parse(validFrom), notAfter: Date.parse(validTo) };
}
