import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { BROKER_SETTINGS } from '@rollcall/broker';
import { registryFromEnv } from '@rollcall/client';
import { urlHost } from '@rollcall/protocol';
import { GATEWAY_SETTINGS } from '@rollcall/gateway';
import { shutdown } from '@rollcall/runtime';
import { readLogSettings, standardStream } from '@rollcall/runtime/log';
import type { LogFlags } from '@rollcall/runtime/log';
import { fromEnvironment, fromFlags, layered, resolveSettings } from '@rollcall/runtime/settings';
import { useLog } from '../log.ts';
import { withLogOptions } from '../log-options.ts';
import type { Listening } from '../report-listening.ts';
import { addSettings } from '../setting-options.ts';
import { EndedEarly } from '../up/child.ts';
import { readProcfile } from '../up/procfile.ts';
import { Stopped, System } from '../up/system.ts';
import type { Overview } from '../up/system.ts';
import { SystemLog } from '../up/system-log.ts';

interface UpOptions extends LogFlags {
  readonly procfile?: string;
  readonly [flag: string]: string | undefined;
}

/** The ports of the gateway and the broker, some with flags of their own. */
const UP_SETTINGS = {
  gatewayPort: {
    ...GATEWAY_SETTINGS.port,
    doc: 'Port of the gateway. 0 lets the system choose.',
  },
  adminPort: GATEWAY_SETTINGS.adminPort,
  brokerPort: {
    ...BROKER_SETTINGS.port,
    flag: '--broker-port <port>',
    doc: 'Port of the broker. 0 lets the system choose.',
  },
} as const;

const SERVICES_HELP = `
Services: to start them with the broker and the gateway, name each in a Procfile, such as

  web: node server.js
  files: rollcall run --prefix /files --port 4000 -- python3 -m http.server 4000 --bind 127.0.0.1

"rollcall run" is for a program that does not register itself. A command runs in the folder of the Procfile. Its
environment has the address of the broker, PORT=0 (the system chooses), HOST=127.0.0.1 and SERVER_NAME (web, files).
A comment "# try: COMMAND" is shown once everything runs; $GATEWAY in it stands for host and port of the gateway.`;

export function defineUp(command: Command): void {
  command
    .option('--procfile <file>', 'services to start: a line NAME: COMMAND for each (default: none)')
    .addHelpText('after', SERVICES_HELP)
    .action(runUp);
  withLogOptions(addSettings(command, UP_SETTINGS));
}

/** `rollcall up`: until Ctrl+C. */
async function runUp(options: UpOptions): Promise<void> {
  const { env } = process;
  const { format, level } = readLogSettings(options, env);
  const log = new SystemLog(standardStream('stdout'), format, standardStream('stderr'));
  const procfile = options.procfile === undefined ? undefined : readProcfile(options.procfile);
  const given = layered(UP_SETTINGS, [
    fromEnvironment(UP_SETTINGS, env),
    fromFlags(UP_SETTINGS, options),
  ]);
  const adminToken = adminTokenFor(env);
  const system = new System({
    registry: registryFromEnv(env),
    ...resolveSettings(UP_SETTINGS, given),
    procfile,
    log,
    logLevel: level,
    gatewayEnv: {
      ...(adminToken !== '' && { ROLLCALL_ADMIN_TOKEN: adminToken }),
      ROLLCALL_SET: env['ROLLCALL_SET'],
    },
  });
  useLog(log);
  shutdown.add({ close: () => system.stop(), abort: () => system.kill() }, ['SIGHUP']);
  try {
    const overview = await system.start();
    if (log.format === 'json') log.write('info', 'everything runs', urlsOf(overview, adminToken));
    else log.print(describe(overview, procfile?.tries ?? [], adminToken));
  } catch (error) {
    // After any error, what has been started must not outlive us, nor keep us alive.
    await system.stop();
    if (error instanceof Stopped) return;
    if (!(error instanceof EndedEarly)) throw error;
    // Its own line in the log says why.
    process.exitCode = error.ending.code ?? 1;
  }
}

/**
 * The admin token of the gateway: the one in the environment, or a new one, so that the dashboard can drain instances.
 * It is empty if a configuration file may set one.
 */
function adminTokenFor(env: NodeJS.ProcessEnv): string {
  const given = env['ROLLCALL_ADMIN_TOKEN'] ?? '';
  const mayBeElsewhere =
    (env['ROLLCALL_CONFIG'] ?? '') !== '' || /admin/.test(env['ROLLCALL_SET'] ?? '');
  return given !== '' || mayBeElsewhere ? given : randomBytes(TOKEN_BYTES).toString('hex');
}

/** The link to the dashboard holds the token behind `#`, which browsers do not send. */
function urlsOf({ broker, gateway }: Overview, adminToken: string): Record<string, string> {
  const fragment = adminToken === '' ? '' : `#token=${adminToken}`;
  return {
    ...(broker !== undefined && { broker: broker.url }),
    gateway: gateway.url,
    ...(gateway.adminUrl !== undefined && { dashboard: `${gateway.adminUrl}/${fragment}` }),
  };
}

const WHAT_WIDTH = 9;
const TOKEN_BYTES = 16;

function describe(overview: Overview, tries: readonly string[], adminToken: string): string {
  const { broker, gateway, programs, instances } = overview;
  const rows = [
    ...Object.entries(urlsOf(overview, adminToken)),
    ...instances.map(
      ({ announcement: { prefix, address, port } }) =>
        [prefix || '/', `http://${urlHost(address)}:${port}`] as const,
    ),
  ];
  const lines = rows.map(([what, where]) => `  ${what.padEnd(WHAT_WIDTH)} ${where}`);
  const next =
    instances.length === 0
      ? addService(broker)
      : ['Try:', ...tries.filter(isServed(instances)).map((each) => `  ${withGateway(each)}`)];
  const pids = programs.map(({ name, pid }) => `  ${name.padEnd(WHAT_WIDTH)} pid ${pid}`);
  return ['', ...lines, '', ...pids, '', ...next, '', 'Ctrl+C stops everything.'].join('\n');

  function withGateway(command: string): string {
    const scheme = gateway.url.startsWith('https:') ? 'https://' : '';
    return command.replaceAll('$GATEWAY', `${scheme}localhost:${gateway.port}`);
  }
}

/** Whether the prefix of a command's URL is registered: a service may be missing, such as one in Go without Go. */
function isServed(instances: Overview['instances']): (command: string) => boolean {
  return (command) =>
    instances.some(({ announcement: { prefix } }) => command.includes(`$GATEWAY${prefix}/`));
}

/** What to do when there is no service yet: a command for another terminal. */
function addService(broker: Listening | undefined): string[] {
  const isElsewhere = broker !== undefined && broker.port !== BROKER_SETTINGS.port.default;
  const env = isElsewhere ? `PUSHER_PORT=${broker.port} ` : '';
  const run = 'rollcall run --prefix /files --port 4000';
  return [
    'No service is registered yet. In another terminal, such as:',
    `  ${env}npx ${run} -- python3 -m http.server 4000 --bind 127.0.0.1`,
  ];
}
