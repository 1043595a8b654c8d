import type { Environment, RegistryConfig } from '@rollcall/client';
import { describeBroker } from '@rollcall/client';
import { GATEWAY_SETTINGS } from '@rollcall/gateway';
import type { GatewayConfig } from '@rollcall/gateway';
import {
  fromAssignments,
  fromEnvironment,
  fromFlags,
  layered,
  readSettingsFile,
} from '@rollcall/runtime/settings';
import { auditLogPath, snapshotPath } from './snapshot-path.ts';

/** The options of `rollcall gateway`, as commander gives them. */
export interface ConfigOptions {
  readonly config?: string;
  readonly set?: readonly string[];
  readonly [flag: string]: string | readonly string[] | undefined;
}

/**
 * Puts a gateway's configuration together. Flags take precedence over `--set`, this over variables, these over
 * `ROLLCALL_SET`, and this over the file.
 *
 * @throws RollcallError ROLLCALL_CONFIG with all faults, a line each
 */
export function gatewayConfig(
  options: ConfigOptions,
  env: Environment,
  registry: RegistryConfig,
): GatewayConfig {
  const file = configFile(options, env);
  const assignments = (env['ROLLCALL_SET'] ?? '').split(/\s+/).filter(Boolean);
  const config = layered(GATEWAY_SETTINGS, [
    ...(file === undefined ? [] : [readSettingsFile(file, GATEWAY_SETTINGS)]),
    fromAssignments(GATEWAY_SETTINGS, 'ROLLCALL_SET', assignments),
    fromEnvironment(GATEWAY_SETTINGS, env),
    fromAssignments(GATEWAY_SETTINGS, '--set', options.set ?? []),
    fromFlags(GATEWAY_SETTINGS, options),
  ]);
  const { port = GATEWAY_SETTINGS.port.default } = config;
  const brokers = registry.brokers.map((each) => `${describeBroker(each)} ${each.appId}`);
  const purpose = `${brokers.join(' ')} ${registry.channels.registry} ${port}`;
  const snapshot = config.snapshot ?? snapshotPath(env, purpose);
  const beside = snapshot === 'none' ? snapshotPath(env, purpose) : snapshot;
  return { ...config, snapshot, auditLog: config.auditLog ?? auditLogPath(beside) };
}

/** The file that holds the configuration, if there is one. */
export function configFile({ config }: ConfigOptions, env: Environment): string | undefined {
  return config ?? (env['ROLLCALL_CONFIG'] || undefined);
}
