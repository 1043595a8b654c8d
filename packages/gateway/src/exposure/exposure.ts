import { isLoopback } from '@rollcall/protocol';
import type { ExposureFacts } from './facts.ts';
import type { Exposure, ExposureRule, Severity } from './finding.ts';
import {
  adminTokenForAll,
  adminWithoutTls,
  clientsWithoutTls,
  noAuditLog,
} from './gateway-rules.ts';
import { expiringKeys, ownershipReported, unownedAllowed } from './ownership-rules.ts';
import {
  brokerWithoutTls,
  developmentCredentials,
  isLocal,
  plainInstances,
  publicChannel,
  unsignedInstances,
} from './registry-rules.ts';

/**
 * The codes of exposures, ordered by what is gained, among those of one severity. docs/reference/exposure.md explains each.
 */
export const EXPOSURE_CODES = [
  'development-credentials',
  'ownership-reported',
  'unowned-allowed',
  'expiring-keys',
  'broker-without-tls',
  'admin-without-tls',
  'clients-without-tls',
  'public-channel',
  'unsigned-instances',
  'plain-instances',
  'admin-token-for-all',
  'no-audit-log',
] as const;

/** The code of an exposure. */
export type ExposureCode = (typeof EXPOSURE_CODES)[number];

const RULES: Readonly<Record<ExposureCode, ExposureRule>> = {
  'development-credentials': developmentCredentials,
  'ownership-reported': ownershipReported,
  'unowned-allowed': unownedAllowed,
  'expiring-keys': expiringKeys,
  'broker-without-tls': brokerWithoutTls,
  'admin-without-tls': adminWithoutTls,
  'clients-without-tls': clientsWithoutTls,
  'public-channel': publicChannel,
  'unsigned-instances': unsignedInstances,
  'plain-instances': plainInstances,
  'admin-token-for-all': adminTokenForAll,
  'no-audit-log': noAuditLog,
};

/** An exposure that was found. */
export interface ExposureFinding extends Exposure {
  /** Which it is, for programs. */
  readonly code: ExposureCode;
}

const SEVERITIES: readonly Severity[] = ['high', 'medium', 'low'];

/** Orders findings: what to end first comes first. */
export function byGain(one: ExposureFinding, other: ExposureFinding): number {
  return rankOf(one) - rankOf(other);
}

/**
 * Returns how a deployment is exposed, as far as the facts show: what to end first comes first. A machine for development, on
 * which everything listens on loopback and no prefix has owners, is not.
 */
export function exposureOf(facts: ExposureFacts): ExposureFinding[] {
  if (isDevelopment(facts)) return [];
  return EXPOSURE_CODES.flatMap((code) => {
    const exposure = RULES[code](facts);
    return exposure === undefined ? [] : { code, ...exposure };
  }).toSorted(byGain);
}

function rankOf({ severity, code }: ExposureFinding): number {
  return SEVERITIES.indexOf(severity) * EXPOSURE_CODES.length + EXPOSURE_CODES.indexOf(code);
}

function isDevelopment({ registry, gateway }: ExposureFacts): boolean {
  if (!registry.brokers.every(isLocal)) return false;
  if (gateway === undefined) return true;
  const { host, adminHost, owners } = gateway.config;
  return isLoopback(host) && isLoopback(adminHost) && Object.keys(owners).length === 0;
}
