import { Command } from 'commander';
import { createBroker, readConfigFile, readTlsFiles } from '@rollcall/broker';
import type { AppOptions, BrokerOptions } from '@rollcall/broker';
import { credentialsFromEnv, EMBEDDED_HOST, EMBEDDED_PORT } from '@rollcall/client';
import { DEVELOPMENT_APP, RollcallError } from '@rollcall/protocol';
import { shutdown } from '@rollcall/runtime';
import type { LogFlags } from '@rollcall/runtime/log';
import { openLog, withLogOptions } from '../log.ts';
import { listenHost, listenPort } from '../options.ts';
import { reportListening } from '../report-listening.ts';

interface BrokerCommandOptions extends LogFlags {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly metricsPort?: string;
  readonly activityTimeout?: string;
  readonly pongTimeout?: string;
  readonly maxSubscriptions?: string;
}

export function brokerCommand(): Command {
  const command = new Command('broker')
    .description('run a broker that is compatible with Pusher')
    .option('--config <file>', 'JSON with apps and settings; flags go before it')
    .option('--host <address>', `IP address to listen on (default: ${EMBEDDED_HOST})`)
    .option('--port <port>', '0 lets the system choose (default: PUSHER_PORT or 6001)')
    .option('--tls-cert <file>', 'certificate as PEM: TLS, and nothing else, at that port')
    .option('--tls-key <file>', 'its private key as PEM')
    .option('--metrics-port <port>', 'serve /metrics for Prometheus on loopback (default: nowhere)')
    .option('--activity-timeout <seconds>', 'silence until a client is pinged (default: 120)')
    .option('--pong-timeout <seconds>', 'further silence until it is given up (default: 30)')
    .option('--max-subscriptions <count>', 'channels of one connection (default: 20000)')
    .action(runBroker);
  return withLogOptions(command);
}

/** `rollcall broker`. A flag goes before the config file, and that before the environment. */
async function runBroker(options: BrokerCommandOptions): Promise<void> {
  const logger = openLog(options);
  const file = options.config === undefined ? undefined : await readConfigFile(options.config);
  const host = listenHost(
    options.host === undefined && file !== undefined ? 'host' : '--host',
    options.host ?? file?.host ?? EMBEDDED_HOST,
  );
  const apps = file?.apps ?? [credentialsFromEnv(process.env, host)];
  const broker = await createBroker({
    ...file,
    ...(await flags(options, file)),
    apps,
    host,
    port: port(options, file),
    logger,
  });
  shutdown.add({ close: () => broker.close() }, ['SIGHUP']);

  logger.info({ url: broker.url }, 'broker listens');
  if (broker.metricsUrl !== undefined)
    logger.info({ url: `${broker.metricsUrl}/metrics` }, 'metrics listen');
  for (const app of apps) logger.info(describe(app), 'serving app');
  reportListening(broker);
}

function port(options: BrokerCommandOptions, file: BrokerOptions | undefined): number {
  return listenPort(
    [
      ['--port', options.port],
      ['port', file?.port?.toString()],
      ['PUSHER_PORT', process.env['PUSHER_PORT']],
    ],
    EMBEDDED_PORT,
  );
}

/** What the other flags say; nothing of those that are not given. */
async function flags(
  options: BrokerCommandOptions,
  file: BrokerOptions | undefined,
): Promise<Partial<BrokerOptions>> {
  const { tlsCert: cert, tlsKey: key, metricsPort, maxSubscriptions } = options;
  if ((cert === undefined) !== (key === undefined)) {
    throw misconfigured('--tls-cert and --tls-key go together; give both or none');
  }
  const activityTimeoutMs = seconds('--activity-timeout', options.activityTimeout);
  const pongTimeoutMs = seconds('--pong-timeout', options.pongTimeout);
  return {
    ...(cert !== undefined && key !== undefined && { tls: await readTlsFiles({ cert, key }) }),
    ...(metricsPort !== undefined && {
      metrics: { ...file?.metrics, port: listenPort([['--metrics-port', metricsPort]], 0) },
    }),
    ...(activityTimeoutMs !== undefined && { activityTimeoutMs }),
    ...(pongTimeoutMs !== undefined && { pongTimeoutMs }),
    ...(maxSubscriptions !== undefined && {
      maxSubscriptions: wholeNumber('--max-subscriptions', maxSubscriptions),
    }),
  };
}

function seconds(flag: string, value: string | undefined): number | undefined {
  return value === undefined ? undefined : wholeNumber(flag, value) * 1_000;
}

function wholeNumber(flag: string, value: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(value)) return Number(value);
  throw misconfigured(`${flag} is ${JSON.stringify(value)}; it must be a whole number from 1`);
}

/** Any credentials but those of development are secret. */
function describe({ appId, key, secret }: AppOptions): Record<string, string> {
  return key === DEVELOPMENT_APP.key ? { appId, key, secret } : { appId };
}

function misconfigured(message: string): RollcallError {
  return new RollcallError('ROLLCALL_CONFIG', message);
}
