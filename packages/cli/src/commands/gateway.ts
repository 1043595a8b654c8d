import { Command } from 'commander';
import { registryFromEnv, RollcallError } from '@rollcall/client';
import { dashboardFolder } from '@rollcall/dashboard';
import { createGateway, GATEWAY_SETTINGS } from '@rollcall/gateway';
import { FileWatch } from '@rollcall/runtime';
import { configFile, gatewayConfig } from '../gateway-config.ts';
import type { ConfigOptions } from '../gateway-config.ts';
import { closeOnSignal, tellParent } from '../lifetime.ts';
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
  return addSettings(command, GATEWAY_SETTINGS);
}

/** `rollcall gateway` */
async function runGateway(options: ConfigOptions): Promise<void> {
  const { env } = process;
  const connection = registryFromEnv(env);
  const file = configFile(options, env);
  const watch = file === undefined ? undefined : new FileWatch([file]);
  const gateway = await createGateway({
    ...gatewayConfig(options, env, connection),
    registry: connection,
    log: console.log,
    dashboard: dashboardFolder,
  });
  if (file !== undefined) {
    const read = (): void =>
      readAgain(file, () => gateway.configure(gatewayConfig(options, env, connection)));
    watch?.start(read, LOOK_EVERY_MS);
    process.on('SIGHUP', read);
  }
  closeOnSignal(
    () => {
      watch?.stop();
      return gateway.close();
    },
    // With a file to read again, that is what SIGHUP asks for, as of most daemons.
    file === undefined ? ['SIGHUP'] : [],
  );
  console.log(`gateway listens at ${gateway.url} (admin API at ${gateway.adminUrl})`);
  const { dnsPort, xdsPort } = gateway.catalog;
  if (dnsPort !== undefined) console.log(`DNS is answered at 127.0.0.1:${dnsPort}`);
  if (xdsPort !== undefined) console.log(`xDS is served at 127.0.0.1:${xdsPort}`);
  tellParent(gateway);
}

/** @param configure tells which settings wait for the next start */
function readAgain(file: string, configure: () => string[]): void {
  try {
    const waiting = configure();
    const rest = waiting.length === 0 ? '' : `; ${waiting.join(', ')}: at the next start`;
    console.log(`configuration read again from ${file}${rest}`);
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    console.log(`configuration stays as it was: ${error.message}`);
  }
}
