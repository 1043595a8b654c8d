import { Command } from 'commander';
import { BROKER_SETTINGS } from '@rollcall/broker';
import { registryFromEnv, urlHost } from '@rollcall/client';
import { GATEWAY_SETTINGS } from '@rollcall/gateway';
import { fromEnvironment, fromFlags, layered, resolveSettings } from '@rollcall/runtime/settings';
import type { Listening } from '../lifetime.ts';
import { addSettings } from '../setting-options.ts';
import { paint } from '../terminal/colour.ts';
import { EndedEarly } from '../up/child.ts';
import { Stopped, System } from '../up/system.ts';
import type { Overview } from '../up/system.ts';

/** The ports of the gateway and the broker, with flags of their own. */
const UP_SETTINGS = {
  gatewayPort: {
    ...GATEWAY_SETTINGS.port,
    doc: 'Port of the gateway. 0 lets the system choose.',
  },
  brokerPort: {
    ...BROKER_SETTINGS.port,
    flag: '--broker-port <port>',
    doc: 'Port of the broker. 0 lets the system choose.',
  },
} as const;

export function upCommand(): Command {
  const command = new Command('up')
    .description('run a broker, a gateway and services on this machine, until Ctrl+C')
    .action(runUp);
  return addSettings(command, UP_SETTINGS);
}

/** `rollcall up`: the whole system on this machine, until Ctrl+C. */
async function runUp(options: Readonly<Record<string, string>>): Promise<void> {
  const { env } = process;
  const given = layered(UP_SETTINGS, [
    fromEnvironment(UP_SETTINGS, env),
    fromFlags(UP_SETTINGS, options),
  ]);
  const system = new System({
    connection: registryFromEnv(env),
    ...resolveSettings(UP_SETTINGS, given),
    log: createLog(),
  });
  stopOnSignal(system);
  try {
    console.log(overview(await system.start()));
  } catch (error) {
    // Whatever it was: what has been started must not outlive us, nor keep us alive.
    await system.stop();
    if (error instanceof Stopped) return;
    if (!(error instanceof EndedEarly)) throw error;
    // Its own line in the log says why.
    process.exitCode = error.ending.code ?? 1;
  }
}

function stopOnSignal(system: System): void {
  let stopping = false;
  const onSignal = (): void => {
    if (stopping) {
      system.kill();
      process.exit(1);
    }
    stopping = true;
    void system.stop().then(() => process.exit(0));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
}

const NAME_WIDTH = 8;
const WHAT_WIDTH = 9;

/** One log of all programs, each with a colour of its own. */
function createLog(): (name: string, line: string) => void {
  const numbers = new Map<string, number>();
  return (name, line) => {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    console.log(`${paint(number, name.padEnd(NAME_WIDTH))} | ${line}`);
  };
}

function overview({ broker, gateway, instances }: Overview): string {
  const rows: (readonly [what: string, where: string])[] = [
    ...(broker === undefined ? [] : [['broker', url(broker)] as const]),
    ['gateway', url(gateway)],
    ...(gateway.adminUrl === undefined ? [] : [['dashboard', gateway.adminUrl] as const]),
    ...instances.map(
      ({ announcement: { prefix, address, port } }) =>
        [prefix, url({ host: address, port })] as const,
    ),
  ];
  const lines = rows.map(([what, where]) => `  ${what.padEnd(WHAT_WIDTH)} ${where}`);
  const has = (prefix: string): boolean =>
    instances.some(({ announcement }) => announcement.prefix === prefix);
  const tries = TRIES.filter(({ prefix }) => has(prefix)).map(
    ({ curl }) => `  ${curl(gateway.port)}`,
  );
  return ['', ...lines, '', 'Try:', ...tries, '', 'Ctrl+C stops everything.'].join('\n');
}

const TRIES = [
  {
    prefix: '/v1',
    curl: (port: number) =>
      `curl -i -d '{"id":"3jhbj333"}' -H 'Content-Type: application/json' -X POST http://localhost:${port}/v1/generate`,
  },
  {
    prefix: '/v2',
    curl: (port: number) => `curl -i -X POST localhost:${port}/v2/generate`,
  },
];

function url({ host, port }: Listening): string {
  return `http://${urlHost(host)}:${port}`;
}
