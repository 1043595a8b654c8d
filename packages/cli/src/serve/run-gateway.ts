import { registryFromEnv } from '@rollcall/client';
import { dashboardFolder } from '@rollcall/dashboard';
import { createGateway } from '@rollcall/gateway';
import { collectRarely } from '@rollcall/runtime';
import type { LogFlags } from '@rollcall/runtime/log';
import { closeAtSignal, ConfigReload } from '../config-reload.ts';
import { configFile, gatewayConfig } from '../gateway-config.ts';
import type { ConfigOptions } from '../gateway-config.ts';
import { openLog } from '../log.ts';
import { reportListening } from '../report-listening.ts';

export type GatewayOptions = ConfigOptions & LogFlags;

/** `rollcall gateway` */
export async function runGateway(options: GatewayOptions): Promise<void> {
  collectRarely();
  const { env } = process;
  const logger = openLog(options);
  const connection = registryFromEnv(env);
  const file = configFile(options, env);
  const reload = file === undefined ? undefined : new ConfigReload(file);
  const gateway = await createGateway({
    ...gatewayConfig(options, env, connection),
    registry: connection,
    logger,
    dashboard: dashboardFolder,
  });
  reload?.start(logger, () =>
    gateway.configure(() => gatewayConfig(options, env, connection), file),
  );
  closeAtSignal(gateway, reload);
  logger.info({ url: gateway.url, adminUrl: gateway.adminUrl }, 'gateway listens');
  const { dnsPort, xdsPort } = gateway.catalog;
  if (dnsPort !== undefined) logger.info({ port: dnsPort }, 'DNS listens');
  if (xdsPort !== undefined) logger.info({ port: xdsPort }, 'xDS listens');
  if (gateway.authUrl !== undefined) logger.info({ url: gateway.authUrl }, 'auth server listens');
  reportListening(gateway);
}
