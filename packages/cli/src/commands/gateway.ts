import { Command } from 'commander';
import { registryFromEnv, RollcallError } from '@rollcall/client';
import { dashboardFolder } from '@rollcall/dashboard';
import { createGateway } from '@rollcall/gateway';
import { FileWatch, shutdown } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import type { LogFlags } from '@rollcall/runtime/log';
import { configFile, gatewayConfig } from '../gateway-config.ts';
import type { ConfigOptions } from '../gateway-config.ts';
import { openLog, withLogOptions } from '../log.ts';
import { reportListening } from '../report-listening.ts';

/** How often the configuration file is looked at. */
const LOOK_EVERY_MS = 1000;

export function gatewayCommand(): Command {
  const command = new Command('gateway')
    .description('run a gateway')
    .option(
      '--config <file>',
      'JSON with settings; read again when it changes and on SIGHUP (default: ROLLCALL_CONFIG)',
    )
    .option(
      '--set <key=value>',
      'one setting of what the file may hold, such as limits.answerMs=1000; again for more (default: words of ROLLCALL_SET)',
      (setting: string, before: readonly string[] | undefined) => [...(before ?? []), setting],
    )
    .option('--tls-cert <file>', 'certificate as PEM: TLS, and nothing else, at --port')
    .option('--tls-key <file>', 'its private key as PEM')
    .option(
      '--trusted-proxies <cidrs>',
      'who may say where a request comes from (default: ROLLCALL_TRUSTED_PROXIES or nobody)',
    )
    .option('--host <address>', 'IP address to listen on (default: HOST or 127.0.0.1)')
    .option('--port <port>', '0 lets the system choose (default: PORT or 1500)')
    .option(
      '--domain <domain>',
      'host that requests must name, * for any (default: DOMAIN or localhost:<port>)',
    )
    .option(
      '--snapshot <file>',
      'keeps the last known table for the next start, none for no file (default: ROLLCALL_SNAPSHOT or one in the state folder)',
    )
    .option(
      '--admin-host <address>',
      'IP address of dashboard and admin API (default: ROLLCALL_ADMIN_HOST or 127.0.0.1); any other needs a token',
    )
    .option(
      '--admin-port <port>',
      'their port; 0 lets the system choose (default: ROLLCALL_ADMIN_PORT or one above --port)',
    )
    .option(
      '--admin-token-file <file>',
      'holds the token that changes something over the admin API (default: ROLLCALL_ADMIN_TOKEN)',
    )
    .option(
      '--allow <cidrs>',
      'take only instances at these addresses, such as 10.0.0.0/8,fd00::/8 (default: ROLLCALL_ALLOW)',
    )
    .option('--deny <cidrs>', 'refuse instances at these addresses (default: ROLLCALL_DENY)')
    .option(
      '--dns-port <port>',
      'answer DNS on loopback; 0 lets the system choose (default: ROLLCALL_DNS_PORT or nowhere)',
    )
    .option('--dns-domain <domain>', 'its zone (default: ROLLCALL_DNS_DOMAIN or rollcall)')
    .option(
      '--dns-ttl <seconds>',
      'how long an answer may be kept (default: ROLLCALL_DNS_TTL or 1)',
    )
    .option(
      '--xds-port <port>',
      'serve xDS on loopback; 0 lets the system choose (default: ROLLCALL_XDS_PORT or nowhere)',
    )
    .option(
      '--workers <count>',
      'processes that serve requests, auto for one for each core (default: ROLLCALL_WORKERS or 1)',
    )
    .option(
      '--access-log <where>',
      'a line of JSON for each request to stdout or stderr, or off (default: ROLLCALL_ACCESS_LOG or off)',
    )
    .option(
      '--access-log-sample <share>',
      'write down only this share of what went well, such as 0.01 (default: ROLLCALL_ACCESS_LOG_SAMPLE or 1)',
    )
    .action(runGateway);
  return withLogOptions(command);
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
