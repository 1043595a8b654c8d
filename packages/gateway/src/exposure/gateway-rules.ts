import { isLoopback } from '@rollcall/protocol';
import { adminTokensOf } from '@rollcall/runtime/admin';
import { speaksTls } from '../certificates/certificates.ts';
import { SCOPES } from '../settings/admin.ts';
import type { ExposedGateway } from './facts.ts';
import { gatewayRule } from './finding.ts';
import type { ExposureRule } from './finding.ts';

export const clientsWithoutTls: ExposureRule = gatewayRule(({ config }) => {
  if (isLoopback(config.host) || speaksTls(config) || isBehindProxy(config)) return undefined;
  return {
    severity: 'medium',
    found: `clients reach the gateway at ${config.host} without TLS: requests, and the credentials in them, can be read and changed on the way`,
    advice:
      'set tls.cert and tls.key, or tls.acme; if a proxy in front speaks TLS, name it in trustedProxies',
  };
});

export const adminWithoutTls: ExposureRule = gatewayRule(({ config }) => {
  if (isLoopback(config.adminHost) || isBehindProxy(config)) return undefined;
  return {
    severity: 'medium',
    found: `the admin API listens on ${config.adminHost} without TLS: its tokens can be read on the way`,
    advice: 'unset adminHost, and reach it by a tunnel or a proxy on this machine that speaks TLS',
  };
});

export const adminTokenForAll: ExposureRule = gatewayRule(({ config }, { now }) => {
  const tokens = adminTokensOf(config, SCOPES).filter(
    ({ expiresAt = Infinity }) => expiresAt > now,
  );
  const [only] = tokens;
  if (isLoopback(config.adminHost) || tokens.length !== 1 || only?.scopes.length !== SCOPES.length)
    return undefined;
  return {
    severity: 'low',
    found:
      'the one admin token has every scope: a program that only reads metrics can drain instances, too',
    advice: 'give each person and program a token with the scopes it needs, in adminTokens',
  };
});

export const noAuditLog: ExposureRule = gatewayRule(({ config, audit }) => {
  if (audit === 'kept' || adminTokensOf(config, SCOPES).length === 0) return undefined;
  return audit === 'failing'
    ? {
        severity: 'medium',
        found:
          'the audit log cannot be written: the latest changes by operators are only in memory',
        advice: 'see the log of the gateway for the reason',
      }
    : {
        severity: 'low',
        found: 'the audit log is only in memory: a restart loses who changed what',
        advice: 'set auditLog to a file',
      };
});

/** A proxy in front is taken to speak TLS. */
function isBehindProxy({ trustedProxies }: ExposedGateway['config']): boolean {
  return trustedProxies.length > 0;
}
