import type { Values } from '@rollcall/runtime/settings';
import type { UPSTREAM_TLS_SETTINGS } from './routing.ts';

type Identity = Values<typeof UPSTREAM_TLS_SETTINGS>;

/** Whether the URL of a configured server is one of TLS. */
export function speaksTls(url: string): boolean {
  return /^h(?:ttps|2)(?:\+srv)?:/.test(url);
}

/** Whether it is not known for which name the certificate has to be. */
export function needsIdentity(url: string): boolean {
  return /^h(?:ttps|2)\+srv:/.test(url);
}

/** Whether it is configured for which name. */
export function hasIdentity(tls: Identity | undefined): boolean {
  return tls?.serverName !== undefined || tls?.spiffeId !== undefined;
}

/** What is wrong then, as a clause. */
export const IDENTITY_NEEDED =
  'DNS chooses the names of SRV records, so the certificate has to be for a `serverName` or a `spiffeId`';
