import type { Command } from 'commander';
import { registryFromEnv } from '@rollcall/client';
import { dashboardFolder } from '@rollcall/dashboard';
import { createGateway, GATEWAY_SETTINGS } from '@rollcall/gateway';
import { shutdown } from '@rollcall/runtime';
import type { LogFlags } from '@rollcall/runtime/log';
import { ConfigReload } from '../config-reload.ts';
import { configFile, gatewayConfig } from '../gateway-config.ts';
import type { ConfigOptions } from '../gateway-config.ts';
import { openLog, withLogOptions } from '../log.ts';
import { reportListening } from '../report-listening.ts';
import { addSettings } from '../setting-options.ts';

export function defineGateway(command: Command): void {
  command
    .option(
      '--config <file>',
      'JSON file of settings; read again when it changes and on SIGHUP (env: ROLLCALL_CONFIG)',
    )
    .option(
      '--set <key=value>',
      'one setting of the file, such as limits.answerMs=1000; may be repeated (env: ROLLCALL_SET, separated by spaces)',
      (setting: string, before: readonly string[] | undefined) => [...(before ?? []), setting],
    )
    .action(runGateway);
  withLogOptions(addSettings(command, GATEWAY_SETTINGS));
}

/** `rollcall gateway` */
async function runGateway(options: ConfigOptions & LogFlags): Promise<void> {
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
  const close = (): Promise<void> => {
    reload?.stop();
    return gateway.close();
  };
  // With a file, SIGHUP asks to reload it, as of most daemons.
  shutdown.add({ close }, reload === undefined ? ['SIGHUP'] : []);
  logger.info({ url: gateway.url, adminUrl: gateway.adminUrl }, 'gateway listens');
  const { dnsPort, xdsPort } = gateway.catalog;
  if (dnsPort !== undefined) logger.info({ port: dnsPort }, 'DNS listens');
  if (xdsPort !== undefined) logger.info({ port: xdsPort }, 'xDS listens');
  reportListening(gateway);
}
