import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { brokerCommand } from './commands/broker.ts';
import { budgetCommand } from './commands/budget.ts';
import { completionCommand } from './commands/completion.ts';
import { configCommand } from './commands/config.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { gatewayCommand } from './commands/gateway.ts';
import { lsCommand } from './commands/ls.ts';
import { runCommand } from './commands/run.ts';
import { topCommand } from './commands/top.ts';
import { upCommand } from './commands/up.ts';
import { watchCommand } from './commands/watch.ts';

/** Every command, in the order of `rollcall --help`. */
const COMMANDS: readonly (() => Command)[] = [
  upCommand,
  brokerCommand,
  gatewayCommand,
  runCommand,
  explainCommand,
  lsCommand,
  watchCommand,
  doctorCommand,
  topCommand,
  budgetCommand,
  configCommand,
  completionCommand,
];

const EXIT_USAGE = 2;

const ENVIRONMENT_HELP = `
Environment (all commands):
  PUSHER_APP_ID, PUSHER_APP_KEY, PUSHER_APP_SECRET   the app; default: the development app, on loopback only
  PUSHER_APP_CLUSTER                                 hosted Pusher, such as eu
  PUSHER_HOST, PUSHER_PORT                           a self-hosted server; default: 127.0.0.1 and 6001
  PUSHER_APP_SECURE                                  1 for TLS, 0 for none; default: TLS on hosted Pusher only
  ROLLCALL_CHANNEL                                   the registry, such as private-mapped-discovery
  ROLLCALL_MASTER_KEY                                32 bytes in base64, for a private-encrypted- channel

Exit codes: 0 success, 1 unexpected error, over budget, or a failure that doctor found, 2 invalid usage or
configuration, 3 cannot listen, 4 broker or gateway unreachable, 5 refused by the broker; rollcall run also
passes on the exit code of its command`;

/** The command line, before it has parsed anything. */
export function createProgram(): Command {
  const program = new Command('rollcall')
    .description('Service discovery and an API gateway with a Pusher channel as the registry')
    .version(version(), '-V, --version', 'print the version')
    .addHelpText('after', ENVIRONMENT_HELP)
    // The descriptions of options say what they default to, and which words they take.
    .configureHelp({ optionDescription: ({ description }) => description })
    // What follows the command of `run` belongs to that command, even if it looks like an option of ours.
    .enablePositionalOptions()
    .showHelpAfterError('(rollcall --help lists all commands)')
    // commander exits with 1 on invalid usage.
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE));
  for (const create of COMMANDS) program.addCommand(inheriting(create(), program));
  return program;
}

/** A command that behaves as its parent does on wrong usage, and so do its own commands. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const each of command.commands) inheriting(each, command);
  return command;
}

/** The version of the package, whose folder holds both src/ and dist/. */
function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
