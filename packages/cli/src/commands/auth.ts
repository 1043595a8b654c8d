import type { Command } from 'commander';
import { withLogOptions } from '../log-options.ts';
import type { AuthOptions } from '../serve/run-auth.ts';

export function defineAuth(command: Command): void {
  command
    .option(
      '--config <file>',
      'configuration file of a gateway, of which `owners`, `auth` and `trustedProxies` count; read again when it changes and on SIGHUP (env: ROLLCALL_CONFIG)',
    )
    .option(
      '--set <key=value>',
      'one setting of the file, such as auth.port=1502; may be repeated (env: ROLLCALL_SET, separated by spaces)',
      (setting: string, before: readonly string[] | undefined) => [...(before ?? []), setting],
    )
    .action(async (options: AuthOptions) => {
      // Help does not need what serves requests.
      const { runAuth } = await import('../serve/run-auth.ts');
      await runAuth(options);
    });
  withLogOptions(command);
}
