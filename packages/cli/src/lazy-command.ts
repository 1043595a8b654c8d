import { Command } from 'commander';

/** Adds arguments, options and the action to a command. */
export type Define = (command: Command) => void;

/**
 * A command of which only name and description are known until it runs: loading what all commands need takes
 * several times as long as what one needs.
 */
export class LazyCommand extends Command {
  readonly #load: () => Promise<Define>;
  #loaded: Promise<void> | undefined;

  constructor(name: string, description: string, load: () => Promise<Define>) {
    super(name);
    // `rollcall help` shows the help of its commands, too.
    this.description(description).helpCommand(false);
    this.#load = load;
  }

  /** Resolves when its arguments, options and action are there. */
  load(): Promise<void> {
    return (this.#loaded ??= this.#load().then((define) => define(this)));
  }
}

/** The program, with all of its commands loaded. */
export async function loadAll(program: Command): Promise<Command> {
  const lazy = program.commands.filter((command) => command instanceof LazyCommand);
  await Promise.all(lazy.map((command) => command.load()));
  return program;
}
