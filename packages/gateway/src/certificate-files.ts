import { readFileSync } from 'node:fs';
import { RollcallError } from '@rollcall/protocol';
import { checkCertificate, ProxyError } from '@rollcall/proxy';
import type { Certificate } from '@rollcall/proxy';

/** Where the certificate, with those that lead to its root, and its key are: PEM. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** @throws RollcallError ROLLCALL_CONFIG, and says which file cannot be read, or that they do not belong together */
export function readCertificate({ cert, key }: CertificateFiles): Certificate {
  const certificate = { cert: readPem(cert), key: readPem(key) };
  asConfigError(() => checkCertificate(certificate));
  return certificate;
}

/** Runs `call`, and turns what the proxy says about a setting into an error of the configuration. */
export function asConfigError<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    throw new RollcallError('ROLLCALL_CONFIG', error.message, { cause: error });
  }
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
