import { isLoopback, RollcallError } from '@rollcall/protocol';
import { readTextFile } from '@rollcall/runtime';
import { adminTokenFaults } from '@rollcall/runtime/admin';
import { checkSettings, reloading, resolveSettings, valuesOf } from '@rollcall/runtime/settings';
import type { Fault, Reloading, Resolved, Values } from '@rollcall/runtime/settings';
import type { ADMIN_SETTINGS } from './admin.ts';
import type { NOTIFY_SETTINGS } from './notify.ts';
import { authFaults } from './auth-faults.ts';
import { consumerFaults } from './consumer-faults.ts';
import { notifyFaults } from './notify-faults.ts';
import { routeFaults } from './route-faults.ts';
import { serviceFaults } from './service-faults.ts';
import { GATEWAY_SETTINGS } from './table.ts';
import { tlsFaults } from './tls-faults.ts';

/** What a gateway is configured by: plain data. docs/reference/config.md has the meaning of each setting. */
export type GatewayConfig = Values<typeof GATEWAY_SETTINGS>;

/** A configuration that was checked, with defaults. */
export type ResolvedConfig = Resolved<typeof GATEWAY_SETTINGS>;

export type AccessLogSettings = ResolvedConfig['accessLog'];

/** How requests are served: every setting that takes effect while the gateway runs, except those of the admin API and notifications. */
export type RoutingSettings = Resolved<ReloadingOfRequests>;

/** The same, as far as it was given. */
export type RoutingConfig = Values<ReloadingOfRequests>;

type ReloadingOfRequests = Omit<
  Reloading<typeof GATEWAY_SETTINGS>,
  keyof typeof ADMIN_SETTINGS | keyof typeof NOTIFY_SETTINGS
>;

const RELOADING: ReloadingOfRequests = ofRequests(reloading(GATEWAY_SETTINGS));

function ofRequests({
  adminToken: _token,
  adminTokenFile: _file,
  adminTokens: _tokens,
  notify: _notify,
  ...others
}: Reloading<typeof GATEWAY_SETTINGS>): ReloadingOfRequests {
  return others;
}

/**
 * Checks a configuration, reads the admin token and fills in the defaults.
 * @throws RollcallError ROLLCALL_CONFIG with all faults
 */
export function resolveConfig(config: GatewayConfig): ResolvedConfig {
  const { values, faults } = checkSettings(GATEWAY_SETTINGS, config, { isFile: false });
  if (faults.length > 0) throw misconfigured(faults.map(({ message }) => message).join('\n'));
  const { adminTokenFile } = config;
  const checked =
    adminTokenFile === undefined ? values : { ...values, adminToken: readToken(adminTokenFile) };
  const resolved = resolveSettings(GATEWAY_SETTINGS, checked);
  checkToken(resolved);
  const contradictions = faultsOfWhole(values);
  if (contradictions.length > 0)
    throw misconfigured(contradictions.map(({ message }) => message).join('\n'));
  return resolved;
}

/** The part of a configuration by which requests are served. */
export function routingSettings(config: RoutingConfig): RoutingSettings {
  return resolveSettings(RELOADING, valuesOf(RELOADING, config));
}

/** A file, so that no list of processes shows the token. */
function readToken(file: string): string {
  const adminToken = readTextFile(file).trim();
  const { faults } = checkSettings(GATEWAY_SETTINGS, { adminToken }, { isFile: false });
  if (faults.length > 0)
    throw misconfigured(faults.map(({ message }) => `${file}: ${message}`).join('\n'));
  return adminToken;
}

function checkToken({ adminHost, adminToken, adminTokens }: ResolvedConfig): void {
  const hasToken = adminToken !== undefined || Object.keys(adminTokens).length > 0;
  if (hasToken || isLoopback(adminHost)) return;
  throw misconfigured(
    `the admin API at ${adminHost} would be open to others: set ROLLCALL_ADMIN_TOKEN, --admin-token-file or \`adminTokens\``,
  );
}

/**
 * Returns what only several settings together show, such as credentials for any origin.
 * @param config each of whose settings is valid
 */
export function faultsOfWhole(config: GatewayConfig): readonly Fault[] {
  const faults = [
    ...tlsFaults(config),
    ...authFaults(config),
    ...consumerFaults(config.consumers ?? {}),
    ...serviceFaults(config.services ?? {}),
    ...notifyFaults(config.notify ?? {}),
    ...routeFaults(routingSettings(config), config, {
      hasRedis: config.redis?.url !== undefined,
      hasClientCa: config.tls?.clientCa !== undefined,
    }),
  ];
  const described = faults.map(({ path, problem }) => ({
    path,
    message: `\`${path.join('.')}\` ${problem}`,
  }));
  return [...described, ...adminTokenFaults(config)];
}

function misconfigured(message: string): RollcallError {
  return new RollcallError('ROLLCALL_CONFIG', message);
}
