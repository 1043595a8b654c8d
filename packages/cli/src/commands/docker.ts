import type { Command } from 'commander';
import { withLogOptions } from '../log-options.ts';
import { DEFAULT_ENGINE } from '../docker/engine-address.ts';
import type { DockerOptions } from '../serve/run-docker.ts';

export function defineDocker(command: Command): void {
  command
    .option(
      '--engine <url>',
      `the engine's socket, or a socket proxy such as tcp://127.0.0.1:2375 (default: ${DEFAULT_ENGINE}; env: DOCKER_HOST)`,
    )
    .option(
      '--address <address>',
      'the address of this machine, at which gateways reach published ports (default: as of "rollcall run"; env: ROLLCALL_ADDRESS)',
    )
    .option(
      '--network <name>',
      'a network that the containers share with the gateways; they are reached at their own addresses there (default: at published ports)',
    )
    .option('--zone <zone>', 'the zone of this machine, for containers whose labels name none')
    .action(async (options: DockerOptions) => {
      const { runDocker } = await import('../serve/run-docker.ts');
      await runDocker(options);
    });
  withLogOptions(command);
}
