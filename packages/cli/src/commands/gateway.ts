import type { Command } from 'commander';
import { GATEWAY_SETTINGS } from '@rollcall/gateway';
import { addConfigOptions } from '../config-options.ts';
import type { GatewayOptions } from '../serve/run-gateway.ts';
import { withLogOptions } from '../log-options.ts';
import { addSettings } from '../setting-options.ts';

export function defineGateway(command: Command): void {
  addConfigOptions(command, 'JSON file of settings', 'limits.answerMs=1000').action(
    async (options: GatewayOptions) => {
      // Help does not need what serves requests.
      const { runGateway } = await import('../serve/run-gateway.ts');
      await runGateway(options);
    },
  );
  withLogOptions(addSettings(command, GATEWAY_SETTINGS));
}
