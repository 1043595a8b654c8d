import { addressRanges, isLoopback, RollcallError } from '@rollcall/protocol';
import { matchDomain } from '../routing/domain.ts';
import type { GatewayConfig } from './config.ts';

/**
 * What can be found out of a configuration without trying it.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function checkConfig({ domain, trustedProxies = [], ...config }: GatewayConfig): void {
  if (domain !== undefined) matchDomain(domain);
  const ranges = addressRanges(trustedProxies);
  if (typeof ranges === 'string') throw new RollcallError('ROLLCALL_CONFIG', ranges);
  checkToken(config);
}

function checkToken({ adminHost = '127.0.0.1', adminToken }: GatewayConfig): void {
  // RFC 6750 §2.1 has these characters in a bearer token.
  if (adminToken !== undefined && !/^[A-Za-z0-9._~+/=-]{16,}$/.test(adminToken)) {
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      'the admin token must be at least 16 of A-Z a-z 0-9 . _ ~ + / = -, as of "openssl rand -hex 32"',
    );
  }
  if (adminToken === undefined && !isLoopback(adminHost)) {
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      `the admin API at ${adminHost} would be open to others: set ROLLCALL_ADMIN_TOKEN or --admin-token-file`,
    );
  }
}
