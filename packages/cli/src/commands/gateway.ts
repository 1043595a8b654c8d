import { Command } from 'commander';
import { registryFromEnv, RollcallError } from '@rollcall/client';
import { dashboardFolder } from '@rollcall/dashboard';
import { createGateway, GATEWAY_SETTINGS } from '@rollcall/gateway';
import { FileWatch, shutdown } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import type { LogFlags } from '@rollcall/runtime/log';
import { configFile, gatewayConfig } from '../gateway-config.ts';
import type { ConfigOptions } from '../gateway-config.ts';
import { openLog, withLogOptions } from '../log.ts';
import { reportListening } from '../report-listening.ts';
import { addSettings } from '../setting-options.ts';

/** How often the configuration file is looked at. */
const LOOK_EVERY_MS = 1000;

export function gatewayCommand(): Command {
  const command = new Command('gateway')
    .description('run a gateway')
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
  return withLogOptions(addSettings(command, GATEWAY_SETTINGS));
}

/** `rollcall gateway` */
async function runGateway(options: ConfigOptions & LogFlags): Promise<void> {
  const { env } = process;
  const logger = openLog(options);
  const connection = registryFromEnv(env);
  const file = configFile(options, env);
  const watch = file === undefined ? undefined : new FileWatch([file]);
  const gateway = await createGateway({
    ...gatewayConfig(options, env, connection),
    registry: connection,
    logger,
    dashboard: dashboardFolder,
  });
  if (file !== undefined) {
    const read = (): void =>
      reload(file, logger, () => gateway.configure(gatewayConfig(options, env, connection)));
    watch?.start(read, LOOK_EVERY_MS);
    process.on('SIGHUP', read);
  }
  const close = (): Promise<void> => {
    watch?.stop();
    return gateway.close();
  };
  // With a file, SIGHUP asks to reload it, as of most daemons.
  shutdown.add({ close }, file === undefined ? ['SIGHUP'] : []);
  logger.info({ url: gateway.url, adminUrl: gateway.adminUrl }, 'gateway listens');
  const { dnsPort, xdsPort } = gateway.catalog;
  if (dnsPort !== undefined) logger.info({ port: dnsPort }, 'DNS listens');
  if (xdsPort !== undefined) logger.info({ port: xdsPort }, 'xDS listens');
  reportListening(gateway);
}

/** @param configure returns the settings that need a restart */
function reload(file: string, logger: Logger, configure: () => string[]): void {
  try {
    const needRestart = configure();
    if (needRestart.length === 0) logger.info({ file }, 'reloaded configuration');
    else logger.warn({ file, needRestart }, 'reloaded configuration, in part');
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    logger.error({ reason: error.message }, 'cannot reload configuration');
  }
}
