import { registryFromEnv } from '@rollcall/client';
import type { Environment, RegistryConfig } from '@rollcall/client';
import { resolveConfig, startAuthServer } from '@rollcall/gateway';
import type { AuthConfig } from '@rollcall/gateway';
import { RollcallError } from '@rollcall/protocol';
import type { LogFlags } from '@rollcall/runtime/log';
import { closeAtSignal, ConfigReload } from '../config-reload.ts';
import { configFile, gatewayConfig } from '../gateway-config.ts';
import type { ConfigOptions } from '../gateway-config.ts';
import { openLog } from '../log.ts';
import { reportListening } from '../report-listening.ts';

export type AuthOptions = ConfigOptions & LogFlags;

const DEFAULT_PORT = 1502;

/** `rollcall auth` */
export async function runAuth(options: AuthOptions): Promise<void> {
  const { env } = process;
  const logger = openLog(options);
  const registry = registryFromEnv(env);
  const file = configFile(options, env);
  const reload = file === undefined ? undefined : new ConfigReload(file);
  const server = await startAuthServer({
    config: authConfig(options, env, registry),
    registry,
    logger,
  });
  reload?.start(logger, () => {
    server.configure(authConfig(options, env, registry));
    return [];
  });
  closeAtSignal(server, reload);
  logger.info({ url: server.url }, 'auth server listens');
  reportListening(server);
}

/** The part of a gateway's configuration that an auth server needs. */
function authConfig(
  options: ConfigOptions,
  env: Environment,
  registry: RegistryConfig,
): AuthConfig {
  const given = gatewayConfig(options, env, registry);
  const config = resolveConfig({ ...given, auth: { port: DEFAULT_PORT, ...given.auth } });
  const { auth } = config;
  if (auth === undefined || Object.keys(config.owners).length === 0)
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      'no service may announce anything: name the `owners` of a prefix in the file of --config, as "rollcall keys create --config FILE" does',
    );
  return { ...config, auth };
}
