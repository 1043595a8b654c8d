import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { hasPython, hasRedis } from '../support/available.ts';
import { Container } from '../support/container.ts';
import { blockOf, ROOT } from '../support/document.ts';
import { Network, whyNoNamespaces } from '../support/network.ts';
import { Programs } from '../support/processes.ts';
import type { Environment } from '../support/processes.ts';

const README = 'deploy/README.md';
const UNITS = join(ROOT, 'deploy/systemd');
const STATE = '/var/lib/rollcall-gateway';

/** The variables of a file of systemd, a line each. */
function variablesOf(text: string): Environment {
  const lines = text.matchAll(/^(?:# +)?([A-Z_]+)=(.*)$/gm);
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
}

const unit = (name: string): string => readFileSync(join(UNITS, name), 'utf8');
const rollcallEnv = variablesOf(blockOf(README, 'ini', 'PUSHER_HOST'));
const brokerEnv = variablesOf(blockOf(README, 'ini', 'ROLLCALL_BUS'));
// The comment of the unit has an example.
const serviceEnv = variablesOf(unit('rollcall-run@.service'));

/** The arguments of the command in a unit. A variable without braces is split into words. */
function argumentsOf(name: string, env: Environment = {}): string[] {
  const [, command = ''] = /^ExecStart=\/usr\/bin\/rollcall (.*)$/m.exec(unit(name)) ?? [];
  const filled = command.replace(/\$\{?(\w+)\}?/g, (_, variable: string) => env[variable] ?? '');
  return filled.split(' ');
}

const why = whyNoNamespaces();

// Skipped without redis-server (apt-get install redis-server).
describe.skipIf(why !== undefined || !hasRedis || !hasPython)(
  `the units and files that deploy/README.md describes${why ? ` (skipped: ${why})` : ''}`,
  { timeout: 90_000 },
  () => {
    const network = new Network();
    const programs = new Programs();
    const machines: Container[] = [];
    beforeAll(async () => {
      const hosts = [await network.host(), await network.host(), await network.host()] as const;
      const [redis, one, other] = hosts;
      const names = [
        ['redis.internal', redis.address],
        ['broker.internal', one.address],
        ['broker.internal', other.address],
      ] as const;
      const env = { ...rollcallEnv, STATE_DIRECTORY: STATE };
      for (const host of hosts) {
        machines.push(new Container(programs, host, { env, names, volumes: [STATE] }));
      }
    });
    afterAll(async () => {
      await programs.endAll();
      for (const machine of machines) machine.end();
      await network.end();
    });

    it('make two machines one cluster of brokers, each with a gateway', async () => {
      const [redis, ...both] = machines;
      const password = new URL(brokerEnv['ROLLCALL_BUS'] ?? '').password;
      const options = ['--requirepass', password, '--save', '', '--protected-mode', 'no'];
      await redis?.run(['redis-server', ...options]).line(/Ready to accept connections/);
      const brokers = both.map((machine) =>
        machine.rollcall(argumentsOf('rollcall-broker.service', brokerEnv), brokerEnv),
      );
      for (const broker of brokers) await broker.line(/another node is in the cluster/);
      const gateways = both.map((machine) =>
        machine.rollcall(argumentsOf('rollcall-gateway.service')),
      );
      for (const gateway of gateways) await gateway.line(/gateway listens/);
      const [machine] = both;
      machine?.rollcall(argumentsOf('rollcall-run@.service', serviceEnv));
      for (const gateway of gateways) await gateway.line(/route registered .*\/v3/);
    });
  },
);
