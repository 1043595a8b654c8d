import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasGo } from '../support/available.ts';
import { APP } from '../support/connection.ts';
import { Network, whyNoNamespaces } from '../support/network.ts';
import type { Host } from '../support/network.ts';
import { PROGRAMS, Programs } from '../support/processes.ts';
import type { RunningProgram } from '../support/processes.ts';

const BROKER_PORT = '6001';
const why = whyNoNamespaces();

const SERVER = `require('node:http').createServer((_, response) => response.end()).listen(4000, '0.0.0.0')`;

describe.skipIf(why !== undefined)(
  `a machine whose first address leads elsewhere${why ? ` (skipped: ${why})` : ''}`,
  () => {
    let network: Network;
    let programs: Programs;
    let hub: Host;
    let machine: Host;
    beforeEach(async () => {
      network = new Network();
      programs = new Programs();
      hub = await network.host();
      machine = await network.host();
      // A bridge as Docker's, and only then the interface towards the broker: interfaces are listed in this order.
      machine.ip('link add docker0 type bridge');
      machine.ip('addr add 172.17.0.1/16 dev docker0');
      machine.ip('link set dev docker0 up');
      machine.ip('link del eth0');
      hub.ip(`link add ${machine.port} type veth peer name eth0 netns ${machine.pid}`);
      hub.ip(`link set dev ${machine.port} master eth0 up`);
      machine.ip(`addr add ${machine.address}/24 dev eth0`);
      machine.ip('link set dev eth0 up');
      const broker = start(hub, PROGRAMS.cli, ['broker', '--host', hub.address]);
      await broker.line(/broker listens/);
    });
    afterEach(async () => {
      await programs.endAll();
      await network.end();
    });

    function environment(): Record<string, string> {
      return {
        PUSHER_APP_ID: APP.appId,
        PUSHER_APP_KEY: APP.key,
        PUSHER_APP_SECRET: APP.secret,
        PUSHER_HOST: hub.address,
        PUSHER_PORT: BROKER_PORT,
        HOST: '0.0.0.0',
      };
    }

    function start(host: Host, module: string, args: string[] = []): RunningProgram {
      return programs.node(module, args, environment(), host.via);
    }

    const SERVICES: Record<string, () => RunningProgram> = {
      'register()': () => start(machine, PROGRAMS.idV5),
      'rollcall run': () =>
        start(machine, PROGRAMS.cli, [
          'run',
          '--prefix',
          '/v3',
          '--port',
          '4000',
          '--',
          'node',
          '-e',
          SERVER,
        ]),
      ...(hasGo && {
        Go: () => {
          const [command, ...args] = [...machine.via, PROGRAMS.idV4];
          return programs.file(command, [...args, '-http.port', '0'], environment());
        },
      }),
    };

    it.each(Object.entries(SERVICES))(
      '%s announces the address from which it reaches the broker',
      async (_name, startService) => {
        const service = startService();
        const [, address] = await service.line(/registered .*?(\d+\.\d+\.\d+\.\d+)/);
        expect(address).toBe(machine.address);
        service.kill('SIGTERM');
        await service.ended;
      },
    );
  },
);
