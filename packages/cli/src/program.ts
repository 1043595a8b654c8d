import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { LazyCommand } from './lazy-command.ts';

/** Every command, in the order of `rollcall --help`. */
const commands = (): LazyCommand[] => [
  new LazyCommand(
    'up',
    'run a broker and a gateway on this machine, and services, until Ctrl+C',
    async () => (await import('./commands/up.ts')).defineUp,
  ),
  new LazyCommand(
    'broker',
    'run a broker that is compatible with Pusher',
    async () => (await import('./commands/broker.ts')).defineBroker,
  ),
  new LazyCommand(
    'gateway',
    'run a gateway',
    async () => (await import('./commands/gateway.ts')).defineGateway,
  ),
  new LazyCommand(
    'run',
    'start any program, and register it while it listens',
    async () => (await import('./commands/run.ts')).defineRun,
  ),
  new LazyCommand(
    'announce',
    'keep something announced that runs elsewhere and cannot announce itself, until Ctrl+C',
    async () => (await import('./commands/announce.ts')).defineAnnounce,
  ),
  new LazyCommand(
    'docker',
    'announce the containers of a Docker or Podman engine by their labels, until Ctrl+C',
    async () => (await import('./commands/docker.ts')).defineDocker,
  ),
  new LazyCommand(
    'explain',
    'show why a path is routed where it is, or nowhere: every message, probe and rule',
    async () => (await import('./commands/explain.ts')).defineExplain,
  ),
  new LazyCommand(
    'ls',
    'list the registered instances',
    async () => (await import('./commands/ls.ts')).defineLs,
  ),
  new LazyCommand(
    'watch',
    'list the registered instances, and then each change, until Ctrl+C',
    async () => (await import('./commands/watch.ts')).defineWatch,
  ),
  new LazyCommand(
    'doctor',
    'find what is wrong on this machine, and what to do about it; exit with 1 if a check fails',
    async () => (await import('./commands/doctor.ts')).defineDoctor,
  ),
  new LazyCommand(
    'top',
    'show state, request rate, errors and latency of each instance, every two seconds',
    async () => (await import('./commands/top.ts')).defineTop,
  ),
  new LazyCommand(
    'forget',
    'have the gateway forget an instance that is down, or a service whose instances are all down or gone',
    async () => (await import('./commands/forget.ts')).defineForget,
  ),
  new LazyCommand(
    'rollout',
    'show how the versions of services do, and promote one or hold it back',
    async () => (await import('./commands/rollout.ts')).defineRollout,
  ),
  new LazyCommand(
    'audit',
    'show who changed what at the gateway, when and from where',
    async () => (await import('./commands/audit.ts')).defineAudit,
  ),
  new LazyCommand(
    'budget',
    "compute the messages a day of a deployment; exit with 1 if they exceed the plan's quota",
    async () => (await import('./commands/budget.ts')).defineBudget,
  ),
  new LazyCommand(
    'config',
    'check a configuration file, or print its JSON Schema',
    async () => (await import('./commands/config.ts')).defineConfig,
  ),
  new LazyCommand(
    'keys',
    'make and list the service keys by which prefixes have owners',
    async () => (await import('./commands/keys.ts')).defineKeys,
  ),
  new LazyCommand(
    'auth',
    "run an auth server: services with a service key announce themselves without the app's secret",
    async () => (await import('./commands/auth.ts')).defineAuth,
  ),
  new LazyCommand(
    'hash',
    'hash an API key, a password or an admin token for a configuration',
    async () => (await import('./commands/hash.ts')).defineHash,
  ),
  new LazyCommand(
    'completion',
    'print a script that completes commands and options: source <(rollcall completion bash)',
    async () => (await import('./commands/completion.ts')).defineCompletion,
  ),
  new LazyCommand(
    'help',
    'show how a command is used',
    async () => (await import('./commands/help.ts')).defineHelp,
  ),
];

const EXIT_USAGE = 2;

const ENVIRONMENT_HELP = `
Environment (all commands):
  PUSHER_APP_ID, PUSHER_APP_KEY, PUSHER_APP_SECRET   the app; default: the development app, on loopback only
  PUSHER_APP_CLUSTER                                 hosted Pusher, such as eu
  PUSHER_HOST, PUSHER_PORT                           a self-hosted server; default: 127.0.0.1 and 6001
  PUSHER_APP_SECURE                                  1 for TLS, 0 for none; default: TLS on hosted Pusher only
  ROLLCALL_BROKERS                                   several brokers instead: http://KEY:SECRET@HOST:PORT/apps/ID,...
  ROLLCALL_CHANNEL                                   the registry, such as private-mapped-discovery
  ROLLCALL_MASTER_KEY                                32 bytes in base64, for a private-encrypted- channel
  ROLLCALL_SERVICE_KEY                               the key by which a service signs what it announces
  ROLLCALL_AUTH_URL                                  the auth server of a service that has only its service key

Exit codes: 0 success, 1 unexpected error, over budget, or a failure that doctor found, 2 invalid usage or
configuration, 3 cannot listen, 4 broker or gateway unreachable, 5 refused by the broker; rollcall run also
passes on the exit code of its command`;

/** The command line, before it has parsed anything. Each command is loaded when it runs. */
export function createProgram(): Command {
  const program = new Command('rollcall')
    .description('Service discovery and an API gateway with a Pusher channel as the registry')
    .version(version(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .addHelpText('after', ENVIRONMENT_HELP)
    // The descriptions of options say what they default to, and which words they take.
    .configureHelp({ optionDescription: ({ description }) => description })
    // What follows the command of `run` belongs to that command, even if it looks like an option of ours.
    .enablePositionalOptions()
    .showHelpAfterError('(rollcall --help lists all commands)')
    // commander exits with 1 on invalid usage.
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE))
    .hook('preSubcommand', async (parent, command) => {
      if (command instanceof LazyCommand) await command.load();
      inherit(command, parent);
    });
  // The name of --version before -v.
  program.addOption(new Option('-V').hideHelp()).on('option:V', () => {
    console.log(version());
    process.exit();
  });
  for (const command of commands()) program.addCommand(command);
  return program;
}

/** Has a command, and its own commands, behave on wrong usage as their parent does. */
function inherit(
  command: Command,
  parent: Command,
  path = `${parent.name()} ${command.name()}`,
): void {
  command.copyInheritedSettings(parent);
  command.showHelpAfterError(`(${path} --help shows how it is used)`);
  for (const each of command.commands) inherit(each, command, `${path} ${each.name()}`);
}

/** The version of the package, whose folder holds both src/ and dist/ (the bundle has no folders). */
function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
