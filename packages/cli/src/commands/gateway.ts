import type { Command } from 'commander';
import { GATEWAY_SETTINGS } from '@rollcall/gateway';
import type { GatewayOptions } from '../serve/run-gateway.ts';
import { withLogOptions } from '../log-options.ts';
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
    .action(async (options: GatewayOptions) => {
      // Help does not need what serves requests.
      const { runGateway } = await import('../serve/run-gateway.ts');
      await runGateway(options);
    });
  withLogOptions(addSettings(command, GATEWAY_SETTINGS));
}
