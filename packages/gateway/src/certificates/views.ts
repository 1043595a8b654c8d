import { X509Certificate } from 'node:crypto';
import type { Certificate } from '@rollcall/runtime';
import type { ManagedName } from './managed-certificates.ts';
import { validityOf } from './pem.ts';

/** A certificate in the admin API. Times are milliseconds since 1970, and ISO 8601 in JSON. */
export interface CertificateView {
  /** The names that it is for; of one that is still to be ordered, the name that it is to have. */
  readonly names: readonly string[];
  /** Where it comes from: a file of the configuration, or an ACME server. */
  readonly source: 'file' | 'acme';
  /** The file, if it is from one. */
  readonly file?: string;
  /** When it expires. Absent if there is none yet. */
  readonly expiresAt?: number;
  /** When it is renewed, or ordered again. Absent of files. */
  readonly nextOrderAt?: number;
  /** Orders in a row that have failed. */
  readonly failures: number;
  /** Why the latest order has failed. */
  readonly reason?: string;
}

interface FileCertificate {
  readonly file: string;
  readonly certificate: Certificate;
}

/** Returns the views of all certificates. */
export function viewsOf(
  files: readonly FileCertificate[],
  managed: readonly ManagedName[],
): CertificateView[] {
  return [...files.map(fileView), ...managed.map(managedView)];
}

function fileView({ file, certificate }: FileCertificate): CertificateView {
  const read = new X509Certificate(certificate.cert);
  const names = [...(read.subjectAltName ?? '').matchAll(/(?:DNS|IP Address):([^,"]+)/g)];
  return {
    names: names.map(([, name = '']) => name),
    source: 'file',
    file,
    expiresAt: validityOf(read).notAfter,
    failures: 0,
  };
}

function managedView({
  name,
  certificate,
  nextOrderAt,
  failures,
  reason,
}: ManagedName): CertificateView {
  return {
    names: [name],
    source: 'acme',
    ...(certificate !== undefined && { expiresAt: certificate.notAfter }),
    nextOrderAt,
    failures,
    ...(reason !== undefined && { reason }),
  };
}
