import { readFileSync, unwatchFile, watchFile } from 'node:fs';
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

export interface WatchOptions {
  /** The files are others, and a certificate again. */
  readonly onChange: (certificate: Certificate) => void;
  /** They are others and cannot be used: perhaps one of the two is still to come. */
  readonly onFault: (error: RollcallError) => void;
  /** How often they are looked at. Default 2000. */
  readonly everyMs?: number;
}

/**
 * Looks again and again whether the files are others than before. Asked of the system, what changes in a folder
 * is not told for all file systems, nor through the links by which Kubernetes swaps secrets.
 * @returns what ends it
 */
export function watchCertificate(
  files: CertificateFiles,
  { onChange, onFault, everyMs = 2000 }: WatchOptions,
): () => void {
  const look = (): void => {
    try {
      onChange(readCertificate(files));
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error;
      onFault(error);
    }
  };
  const watched = [files.cert, files.key];
  for (const file of watched) watchFile(file, { interval: everyMs, persistent: false }, look);
  return () => {
    for (const file of watched) unwatchFile(file, look);
  };
}
