import type { Command } from 'commander';

export function defineHelp(command: Command): void {
  command
    .argument('[command]', 'the command; default: all of them, in short')
    .argument('[subcommand]', 'a command of this command, such as check of config')
    .action(showHelp);
}

/** `rollcall help ls`: as `rollcall ls --help`. An unknown command is the same error as without help. */
async function showHelp(
  name: string | undefined,
  subcommand: string | undefined,
  _options: unknown,
  { parent }: Command,
): Promise<void> {
  if (parent === null) return;
  const isKnown = name === undefined || parent.commands.some((each) => each.name() === name);
  const words = [name, subcommand].filter((word) => word !== undefined);
  await parent.parseAsync(isKnown ? [...words, '--help'] : words, { from: 'user' });
}
