import type { Command } from 'commander';

/** Adds the options that name a configuration of a gateway. @param file what the file is, for help */
export function addConfigOptions(command: Command, file: string, example: string): Command {
  return command
    .option(
      '--config <file>',
      `${file}; read again when it changes and on SIGHUP (env: ROLLCALL_CONFIG)`,
    )
    .option(
      '--set <key=value>',
      `one setting of the file, such as ${example}; may be repeated (env: ROLLCALL_SET, separated by spaces)`,
      (setting: string, before: readonly string[] | undefined) => [...(before ?? []), setting],
    );
}
