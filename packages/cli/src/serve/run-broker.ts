import { BROKER_SETTINGS, createBroker, optionsOf } from '@rollcall/broker';
import type { AppOptions, BrokerConfig } from '@rollcall/broker';
import { credentialsFromEnv } from '@rollcall/client';
import type { Environment } from '@rollcall/client';
import { dashboardFolder } from '@rollcall/dashboard';
import { DEVELOPMENT_APP, EMBEDDED_HOST } from '@rollcall/protocol';
import type { LogFlags } from '@rollcall/runtime/log';
import { fromEnvironment, fromFlags, layered, readSettingsFile } from '@rollcall/runtime/settings';
import { closeAtSignal, ConfigReload } from '../config-reload.ts';
import { openLog } from '../log.ts';
import { reportListening } from '../report-listening.ts';

export interface BrokerCommandOptions extends LogFlags {
  readonly config?: string;
  readonly [flag: string]: string | undefined;
}

/** `rollcall broker` */
export async function runBroker(options: BrokerCommandOptions): Promise<void> {
  const logger = openLog(options);
  const reload = options.config === undefined ? undefined : new ConfigReload(options.config);
  const config = brokerConfig(options, process.env);
  const broker = await createBroker({
    ...optionsOf(config),
    logger,
    dashboard: dashboardFolder,
  });
  reload?.start(logger, () => broker.configure(optionsOf(brokerConfig(options, process.env))));
  closeAtSignal(broker, reload);

  logger.info({ url: broker.url }, 'broker listens');
  if (broker.metricsUrl !== undefined)
    logger.info({ url: `${broker.metricsUrl}/metrics` }, 'metrics listen');
  if (broker.adminUrl !== undefined) logger.info({ url: broker.adminUrl }, 'admin API listens');
  for (const app of config.apps) logger.info(describe(app), 'serving app');
  reportListening(broker);
}

/** Flags take precedence over variables, and these over the file. Without a file, the app is that of the environment. */
function brokerConfig(options: BrokerCommandOptions, env: Environment): BrokerConfig {
  const { port } = BROKER_SETTINGS;
  const file =
    options.config === undefined
      ? { values: { apps: [credentialsFromEnv(env, EMBEDDED_HOST)] }, faults: [] }
      : readSettingsFile(options.config, BROKER_SETTINGS);
  const config = layered(BROKER_SETTINGS, [
    file,
    fromEnvironment(BROKER_SETTINGS, env),
    fromFlags(BROKER_SETTINGS, options),
  ]);
  return { ...config, port: config.port ?? port.default };
}

/** The development credentials are public knowledge. Others must not be printed. */
function describe({ appId, key, secret }: AppOptions): Record<string, string> {
  return key === DEVELOPMENT_APP.key ? { appId, key, secret } : { appId };
}
