import type { Command, Option } from 'commander';

/** What a shell needs to know of a program of subcommands. */
export interface Outline {
  readonly name: string;
  readonly options: readonly OutlinedOption[];
  readonly commands: readonly OutlinedCommand[];
}

export interface OutlinedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OutlinedOption[];
  /** The words that its first argument may be, such as its own commands; none if it may be anything. */
  readonly choices: readonly string[];
  /** Whether an argument is the name of a file. */
  readonly takesFile: boolean;
  /** What comes as arguments is a command line of its own. */
  readonly runsCommand: boolean;
}

export interface OutlinedOption {
  /** Such as `--port`, and `-h`. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly takes: 'nothing' | 'file' | 'value';
  /** The words that its value may be; none if it may be anything. */
  readonly choices: readonly string[];
}

/** Reads it from commander's own description, so that no list is kept by hand. */
export function outlineOf(program: Command): Outline {
  const help = program.createHelp();
  const names = program.commands.map((command) => command.name());
  return {
    name: program.name(),
    options: help.visibleOptions(program).map(outlineOption),
    commands: help.visibleCommands(program).map((command) => ({
      name: command.name(),
      description: firstClause(command.description()),
      options: help.visibleOptions(command).map(outlineOption),
      choices: command.name() === 'help' ? names : firstWordsOf(command),
      takesFile: [command, ...command.commands].some(({ registeredArguments }) =>
        registeredArguments.some((argument) => argument.name() === 'file'),
      ),
      runsCommand: command.registeredArguments[0]?.variadic ?? false,
    })),
  };
}

function firstWordsOf({ commands, registeredArguments: [first] }: Command): readonly string[] {
  return commands.length > 0 ? commands.map((each) => each.name()) : (first?.argChoices ?? []);
}

function outlineOption({
  short,
  long,
  flags,
  description,
  required,
  optional,
  argChoices = [],
}: Option): OutlinedOption {
  const takes = !required && !optional ? 'nothing' : flags.includes('<file>') ? 'file' : 'value';
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description: firstClause(description),
    takes,
    choices: argChoices,
  };
}

/** A menu has one short line for each. */
function firstClause(description: string): string {
  return /^.*?(?=[.:;] | \(|$)/.exec(description)?.[0] ?? '';
}
