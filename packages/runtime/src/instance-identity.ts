import { checkServerIdentity } from 'node:tls';
import type { PeerCertificate } from 'node:tls';
import { IDENTITY_FAILURE } from '@rollcall/protocol';
import type { Announcement } from '@rollcall/protocol';

/** A certificate that was checked to be valid and signed, as far as it says whose it is. */
export type NamedCertificate = Pick<PeerCertificate, 'subject' | 'subjectaltname' | 'ca'>;

/** A certificate may have hundreds of names, and these are for a line of a log. */
const MAX_NAMES_LENGTH = 200;

/** Returns what the certificate of an instance has to be for: the SPIFFE ID or the DNS name that it announces, or its address. */
export function identityOf({ address, tls }: Pick<Announcement, 'address' | 'tls'>): string {
  return tls?.spiffeId ?? tls?.serverName ?? address;
}

/** Returns why a certificate does not prove this identity, or undefined if it does. */
export function identityFault(identity: string, certificate: NamedCertificate): string | undefined {
  const isProven = identity.startsWith('spiffe://')
    ? provesSpiffeId(identity, certificate)
    : checkServerIdentity(identity, certificate as PeerCertificate) === undefined;
  return isProven ? undefined : expected(identity, `is for ${namesOf(certificate)}`);
}

/**
 * Returns why a connection by TLS has failed, if that is because the certificate does not prove this identity: what
 * {@link identityFault} has found, or that the certificate itself is not valid.
 */
export function identityFailure(
  { code = '', message }: NodeJS.ErrnoException,
  identity: string,
): string | undefined {
  if (code === IDENTITY_FAILURE) return message;
  const fault = INVALID[code];
  return fault && expected(identity, fault);
}

function expected(identity: string, found: string): string {
  return `expected a certificate for ${identity}, and this one ${found}`;
}

/** X509-SVID §2 and §5.2: the certificate of a workload has exactly one URI, and signs no others. */
function provesSpiffeId(spiffeId: string, { subjectaltname, ca }: NamedCertificate): boolean {
  const uris = altNames(subjectaltname).filter((name) => name.startsWith('URI:'));
  return !ca && uris.length === 1 && uris[0] === `URI:${spiffeId}`;
}

/** Splits the names of a certificate as Node writes them: one that has a comma, among others, is in quotes. */
function altNames(text = ''): string[] {
  return (text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? []).map((name) => name.trim());
}

/** The names in a certificate, for people. It may be the certificate of an attacker. */
function namesOf({ subject, subjectaltname, ca }: NamedCertificate): string {
  const names = subjectaltname ?? `CN=${String(subject.CN)}`;
  const plain = names.replaceAll(/[^\x20-\x7e]/g, '?');
  const cut = plain.length > MAX_NAMES_LENGTH ? `${plain.slice(0, MAX_NAMES_LENGTH)}…` : plain;
  return ca ? `${cut} (a certificate authority)` : cut;
}

const UNTRUSTED = 'is not signed by an authority that is trusted';

/** How OpenSSL finds a certificate invalid, by the codes that Node gives. */
const INVALID: Readonly<Record<string, string | undefined>> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
  CERT_REVOKED: 'is revoked',
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_REJECTED: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  CERT_CHAIN_TOO_LONG: 'has too long a chain',
  PATH_LENGTH_EXCEEDED: 'has too long a chain',
  INVALID_CA: 'is signed by one that may not sign',
  INVALID_PURPOSE: 'is not for servers',
};
