import { readFileSync } from 'node:fs';
import { RollcallError } from '@rollcall/protocol';
import { checkCertificate } from './tls-front.ts';
import type { Certificate } from './tls-front.ts';

/** Where the certificate, with those that lead to its root, and its key are: PEM. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** @throws RollcallError ROLLCALL_CONFIG, and says which file cannot be read, or that they do not belong together */
export function readCertificate({ cert, key }: CertificateFiles): Certificate {
  const certificate = { cert: readPem(cert), key: readPem(key) };
  checkCertificate(certificate);
  return certificate;
}

/** @throws RollcallError ROLLCALL_CONFIG */
export function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new RollcallError('ROLLCALL_CONFIG', `${file} cannot be read: ${why}`, { cause: error });
  }
}
