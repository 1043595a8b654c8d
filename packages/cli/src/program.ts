import { readFileSync } from 'node:fs';
import { Argument, Command } from 'commander';
import { EMBEDDED_HOST } from '@rollcall/client';
import { GATEWAY_SETTINGS } from '@rollcall/gateway';
import { SANDBOX } from '@rollcall/protocol';
import { SHELLS } from './completion/scripts.ts';
import type { Shell } from './completion/scripts.ts';
import { runBroker } from './commands/broker.ts';
import { runBudget } from './commands/budget.ts';
import { runCompletion } from './commands/completion.ts';
import { runDoctor } from './commands/doctor.ts';
import { runExplain } from './commands/explain.ts';
import { runGateway } from './commands/gateway.ts';
import { runLs } from './commands/ls.ts';
import { runCommand } from './commands/run.ts';
import { runTop } from './commands/top.ts';
import { runUp } from './commands/up.ts';
import { runWatch } from './commands/watch.ts';
import { addSettings } from './setting-options.ts';

const EXIT_USAGE = 2;

const ENVIRONMENT_HELP = `
Environment (all commands):
  PUSHER_APP_ID, PUSHER_APP_KEY, PUSHER_APP_SECRET   the app; default: the development app, on loopback only
  PUSHER_APP_CLUSTER                                 hosted Pusher, such as eu
  PUSHER_HOST, PUSHER_PORT                           a self-hosted server; default: 127.0.0.1 and 6001
  PUSHER_APP_SECURE                                  1 for TLS, 0 for none; default: TLS on hosted Pusher only
  ROLLCALL_CHANNEL                                   the registry, such as private-mapped-discovery
  ROLLCALL_MASTER_KEY                                32 bytes in base64, for a private-encrypted- channel

Exit codes: 0 done, 1 unexpected fault, over budget, or something to repair that doctor found, 2 bad usage or
configuration, 3 cannot listen, 4 broker or gateway unreachable, 5 broker refused; rollcall run: also those of
its command`;

/** The command line, with nothing done yet. */
export function createProgram(): Command {
  const program = new Command('rollcall')
    .description('Service discovery and an API gateway with a Pusher channel as the registry')
    .version(version(), '-V, --version', 'the version of this program')
    .addHelpText('after', ENVIRONMENT_HELP)
    // What follows the command of `run` is the command's, even if it looks like an option of ours.
    .enablePositionalOptions()
    .showHelpAfterError('(rollcall --help lists what there is)')
    // commander's own code for bad usage is 1; ours is 2.
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE));

  add(program, 'up')
    .description('broker, gateway and four services on this machine, as one')
    .option('--port <port>', 'gateway port; 0 lets the system choose (default: PORT or 1500)')
    .option('--broker-port <port>', 'broker port, likewise (default: PUSHER_PORT or 6001)')
    .action(runUp);
  add(program, 'broker')
    .description('the embedded Pusher-compatible broker alone')
    .option('--config <file>', 'JSON with apps and settings; flags go before it')
    .option('--host <address>', `IP address to listen on (default: ${EMBEDDED_HOST})`)
    .option('--port <port>', '0 lets the system choose (default: PUSHER_PORT or 6001)')
    .option('--tls-cert <file>', 'certificate as PEM: TLS, and nothing else, at that port')
    .option('--tls-key <file>', 'its private key as PEM')
    .option('--metrics-port <port>', 'serve /metrics for Prometheus on loopback (default: nowhere)')
    .option('--activity-timeout <seconds>', 'silence until a client is pinged (default: 120)')
    .option('--pong-timeout <seconds>', 'further silence until it is given up (default: 30)')
    .option('--max-subscriptions <count>', 'channels of one connection (default: 20000)')
    .action(runBroker);
  const gateway = add(program, 'gateway')
    .description('the gateway alone')
    .option(
      '--config <file>',
      'JSON file of settings; read again when it changes and on SIGHUP (default: none, env: ROLLCALL_CONFIG)',
    )
    .option(
      '--set <key=value>',
      'one setting of the file, such as limits.answerMs=1000; may be repeated (env: ROLLCALL_SET, several separated by spaces)',
      (setting: string, before: readonly string[] | undefined) => [...(before ?? []), setting],
    )
    .action(runGateway);
  addSettings(gateway, GATEWAY_SETTINGS);
  add(program, 'run')
    .description('start any program, and register it while it listens')
    .requiredOption('--prefix <prefix>', 'path prefix that gateways route to it, such as /v3')
    .requiredOption('--port <port>', 'port it listens on')
    .option(
      '--address <address>',
      'IP address where others reach it (default: ROLLCALL_ADDRESS, or found)',
    )
    .option('--health <path>', 'register only once this path answers 2xx')
    .argument('<command...>', 'the program and its arguments, after --')
    .passThroughOptions()
    .action((command: string[], options) => runCommand(command, options));
  add(program, 'explain')
    .description('why a path is routed where it is, or nowhere: every message, probe and rule')
    .argument('<path>', 'such as /v1/generate')
    .option(
      '--admin <url>',
      "the gateway's admin API (default: ROLLCALL_ADMIN or http://127.0.0.1:1501)",
    )
    .option('--json', 'as JSON')
    .action(runExplain);
  add(program, 'ls')
    .description('the instances as an observer sees them')
    .option('--json', 'as JSON')
    .action(runLs);
  add(program, 'watch')
    .description('the instances as an observer sees them, and then each change; Ctrl+C ends it')
    .option('--json', 'as JSON, one object a line')
    .action(runWatch);
  add(program, 'doctor')
    .description('what is wrong here, and what to do: exits with 1 if something is')
    .option(
      '--admin <url>',
      "the gateway's admin API, to compare its view (default: ROLLCALL_ADMIN or http://127.0.0.1:1501)",
    )
    .option('--json', 'as JSON')
    .action(runDoctor);
  add(program, 'top')
    .description('services and instances with state, rate, errors and latency, every two seconds')
    .option(
      '--admin <url>',
      "the gateway's admin API (default: ROLLCALL_ADMIN or http://127.0.0.1:1501)",
    )
    .option('--once', 'one table, and end')
    .option('--json', 'as JSON, one object a line')
    .action(runTop);
  addBudget(program);
  add(program, 'completion')
    .description('a script that completes commands and options: source <(rollcall completion bash)')
    .addArgument(new Argument('<shell>', 'whose script').choices(SHELLS))
    .action((shell: Shell) => runCompletion(shell, program));
  return program;
}

/** Of the package, of which src/ and dist/ are both one folder below. */
function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function addBudget(program: Command): void {
  add(program, 'budget')
    .description(
      "messages a day of a deployment, against a plan's quota: exits with 1 if it is over",
    )
    .option('--instances <n>', 'instances in presence mode', '10')
    .option('--lease-instances <n>', 'instances in lease mode', '0')
    .option('--ttl <seconds>', 'of the leases', '300')
    .option('--gateways <n>', 'gateways; a service that calls discover() counts as one', '2')
    .option('--rollouts <n>', 'how often a day every instance is replaced', '5')
    .option('--gateway-restarts <n>', 'how often a day each gateway is started anew', '1')
    .option('--reconnects <n>', 'how often a day each connection is lost and made again', '1')
    .option('--max-messages <n>', 'what the plan allows a day', String(SANDBOX.messages))
    .option('--max-connections <n>', 'what it allows at once', String(SANDBOX.connections))
    .option('--json', 'as JSON')
    .addHelpText('after', "\nThe plan by default is hosted Pusher's sandbox.")
    .action(runBudget);
}

function add(program: Command, name: string): Command {
  return program.command(name).copyInheritedSettings(program);
}
