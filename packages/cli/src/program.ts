import { Command } from 'commander';
import { EMBEDDED_HOST } from '@rollcall/client';
import { runBroker } from './commands/broker.ts';
import { runGateway } from './commands/gateway.ts';
import { runLs } from './commands/ls.ts';
import { runCommand } from './commands/run.ts';
import { runUp } from './commands/up.ts';

const EXIT_USAGE = 2;

const ENVIRONMENT_HELP = `
Environment (all commands):
  PUSHER_APP_ID, PUSHER_APP_KEY, PUSHER_APP_SECRET   the app; default: the development app, on loopback only
  PUSHER_APP_CLUSTER                                 hosted Pusher, such as eu
  PUSHER_HOST, PUSHER_PORT                           a self-hosted server; default: 127.0.0.1 and 6001
  PUSHER_APP_SECURE                                  1 for TLS, 0 for none; default: TLS on hosted Pusher only

Exit codes: 0 done, 1 unexpected fault, 2 bad usage or configuration, 3 cannot listen,
4 broker unreachable, 5 broker refused; rollcall run: also those of its command`;

/** The command line, with nothing done yet. */
export function createProgram(): Command {
  const program = new Command('rollcall')
    .description('Service discovery and an API gateway with a Pusher channel as the registry')
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
  add(program, 'gateway')
    .description('the gateway alone')
    .option('--host <address>', 'IP address to listen on (default: HOST or 127.0.0.1)')
    .option('--port <port>', '0 lets the system choose (default: PORT or 1500)')
    .option(
      '--domain <domain>',
      'host that requests must name, * for any (default: DOMAIN or localhost:<port>)',
    )
    .option(
      '--snapshot <file>',
      'keeps the last known table for the next start (default: ROLLCALL_SNAPSHOT or none)',
    )
    .action(runGateway);
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
  add(program, 'ls')
    .description('the instances as an observer sees them')
    .option('--json', 'as JSON')
    .action(runLs);
  return program;
}

function add(program: Command, name: string): Command {
  return program.command(name).copyInheritedSettings(program);
}
