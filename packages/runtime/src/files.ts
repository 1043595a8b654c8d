import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { RollcallError } from '@rollcall/protocol';

/** A certificate chain and its private key, as PEM. */
export interface Certificate {
  /** The certificate, and those between it and the authority. */
  readonly cert: string;
  /** The private key of the certificate. */
  readonly key: string;
}

/** The names of the files that hold a {@link Certificate}. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads a file of settings, such as a token or PEM.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function readTextFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new RollcallError('ROLLCALL_CONFIG', `cannot read ${file} (${reason})`, { cause });
  }
}

/**
 * Reads a certificate and its key, and checks that they belong together.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function readCertificate(files: CertificateFiles): Certificate {
  const certificate = { cert: readTextFile(files.cert), key: readTextFile(files.key) };
  try {
    createSecureContext(certificate);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      `the TLS certificate ${files.cert} and key ${files.key} cannot be used (${code}); both must be PEM, and belong together`,
      { cause },
    );
  }
  return certificate;
}
