import type { Command } from 'commander';
import { addConfigOptions } from '../config-options.ts';
import { withLogOptions } from '../log-options.ts';
import type { AuthOptions } from '../serve/run-auth.ts';

const FILE =
  'configuration file of a gateway, of which `owners`, `auth` and `trustedProxies` count';

export function defineAuth(command: Command): void {
  addConfigOptions(command, FILE, 'auth.port=1502').action(async (options: AuthOptions) => {
    // Help does not need what serves requests.
    const { runAuth } = await import('../serve/run-auth.ts');
    await runAuth(options);
  });
  withLogOptions(command);
}
