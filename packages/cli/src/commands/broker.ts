import type { Command } from 'commander';
import { BROKER_SETTINGS } from '@rollcall/broker';
import { defineBrokerStatus } from './broker-status.ts';
import { withLogOptions } from '../log-options.ts';
import type { BrokerCommandOptions } from '../serve/run-broker.ts';
import { addSettings } from '../setting-options.ts';

export function defineBroker(command: Command): void {
  command
    .option(
      '--config <file>',
      'JSON file of apps and settings; apps are read again when it changes and on SIGHUP',
    )
    .action(async (options: BrokerCommandOptions) => {
      // Help does not need what serves connections.
      const { runBroker } = await import('../serve/run-broker.ts');
      await runBroker(options);
    });
  withLogOptions(addSettings(command, BROKER_SETTINGS));
  defineBrokerStatus(command);
}
