import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRedis } from '../support/available.ts';
import { composeWith, healthCheckOf, networksOf } from '../support/compose.ts';
import type { ComposeService } from '../support/compose.ts';
import { Container } from '../support/container.ts';
import { Network, whyNoNamespaces } from '../support/network.ts';
import type { Host } from '../support/network.ts';
import { PROGRAMS, Programs } from '../support/processes.ts';
import type { RunningProgram } from '../support/processes.ts';

const APP = {
  PUSHER_APP_ID: '7',
  PUSHER_APP_KEY: 'key-of-the-app',
  PUSHER_APP_SECRET: 'secret-of-the-app',
};
const { services } = composeWith('deploy/compose.production.yaml', {
  ...APP,
  REDIS_PASSWORD: 'password-of-redis',
  DOMAIN: 'api.example.com',
  ROLLCALL_ADMIN_TOKEN: 'token-of-the-admin-port',
});
const NAMES = Object.keys(services);
const why = whyNoNamespaces();

function serviceOf(name: string): ComposeService {
  const service = services[name];
  if (service === undefined) throw new Error(`no service ${name}`);
  return service;
}

// Every command, variable and health check of the file, in networks as containers have. Skipped without redis-server
// (apt-get install redis-server).
describe.skipIf(why !== undefined || !hasRedis)(
  `deploy/compose.production.yaml, run without a container engine${why ? ` (skipped: ${why})` : ''}`,
  { timeout: 90_000 },
  () => {
    const network = new Network();
    const programs = new Programs();
    const hosts = new Map<string, Host>();
    const containers: Container[] = [];
    const running = new Map<string, RunningProgram>();
    beforeAll(async () => {
      for (const name of [...NAMES, 'service']) hosts.set(name, await network.host());
    });
    afterAll(async () => {
      await programs.endAll();
      for (const container of containers) container.end();
      await network.end();
    });

    const addressOf = (name: string): string => hosts.get(name)?.address ?? '';
    /** Docker's name server answers with all containers of a name, in turns. */
    function namesFrom(first: string): [string, string][] {
      const own = NAMES.map((name): [string, string] => [name, addressOf(name)]);
      const aliases = Object.entries(services).flatMap(([name, service]) =>
        [...networksOf(service).values()].flat().map((alias): [string, string] => [alias, name]),
      );
      const sorted = aliases.toSorted(([, name]) => (name === first ? -1 : 0));
      return [...own, ...sorted.map(([alias, name]): [string, string] => [alias, addressOf(name)])];
    }

    function containerOf(name: string, firstBroker = 'broker-1'): Container {
      const service = serviceOf(name);
      const container = new Container(programs, hosts.get(name) as Host, {
        env: service.environment ?? {},
        names: namesFrom(firstBroker),
        volumes: (service.volumes ?? []).map((volume) => volume.split(':')[1] ?? ''),
        user: service.user,
      });
      containers.push(container);
      return container;
    }

    async function start(name: string, firstBroker?: string): Promise<RunningProgram> {
      const service = serviceOf(name);
      const { command = [], build } = service;
      const container = containerOf(name, firstBroker);
      const program = build === undefined ? container.run(command) : container.rollcall(command);
      running.set(name, program);
      const check = healthCheckOf(service);
      const isHealthy = (): Promise<boolean> => container.isHealthy(check);
      await expect.poll(isHealthy, { timeout: 60_000, interval: 500 }).toBe(true);
      return program;
    }

    function startService(firstBroker: string): RunningProgram {
      const container = new Container(programs, hosts.get('service') as Host, {
        env: {
          ...APP,
          PUSHER_HOST: 'broker',
          PUSHER_PORT: '6001',
          ROLLCALL_CHANNEL: 'private-mapped-discovery',
          HOST: '0.0.0.0',
          PORT: '0',
        },
        names: namesFrom(firstBroker),
      });
      containers.push(container);
      return container.run([process.execPath, PROGRAMS.idV5]);
    }

    /** What a client at the domain gets from a gateway. */
    function answerOf(gateway: string): Promise<string> {
      const names = [['api.example.com', addressOf(gateway)]] as const;
      const client = new Container(programs, hosts.get('service') as Host, { env: {}, names });
      containers.push(client);
      return client.get('http://api.example.com:1500/v1/health');
    }

    it('becomes healthy in the order of depends_on, with a Redis that asks for a password', async () => {
      await start('redis');
      const stranger = containerOf('redis').runAs(['redis-cli', 'ping'], {});
      await stranger.line(/NOAUTH/);
      const brokers = await Promise.all([start('broker-1'), start('broker-2')]);
      for (const broker of brokers) await broker.line(/another node is in the cluster/);
      await Promise.all([start('gateway-1'), start('gateway-2', 'broker-2')]);
    });

    it('routes from both gateways to a service, whichever broker each is connected to', async () => {
      const service = startService('broker-1');
      await service.line(/registered/);
      for (const gateway of ['gateway-1', 'gateway-2']) {
        await running.get(gateway)?.line(/route registered .*\/v1/);
        expect(await answerOf(gateway)).toMatch(/^200 /);
      }
      service.kill('SIGTERM');
      expect((await service.ended).code).toBe(0);
      for (const gateway of ['gateway-1', 'gateway-2']) {
        await running.get(gateway)?.line(/route unregistered .*\/v1/);
      }
    });

    it('goes on when a broker is killed', async () => {
      const gateway = running.get('gateway-1');
      const lost = gateway?.nextLine(/lost the connection to the broker/);
      const back = lost?.then(() => gateway?.nextLine(/connected to the broker/));
      const registered = back?.then(() => gateway?.nextLine(/route registered .*\/v1/));
      running.get('broker-1')?.kill('SIGKILL');
      await back;
      const service = startService('broker-1');
      await service.line(/registered/);
      await registered;
      expect(await answerOf('gateway-1')).toMatch(/^200 /);
      expect(await answerOf('gateway-2')).toMatch(/^200 /);
    });

    it('stops in the time that each container has', async () => {
      for (const [name, { stop_grace_period: grace = '10s' }] of Object.entries(
        services,
      ).toReversed()) {
        if (name === 'broker-1') continue;
        const program = running.get(name);
        const started = performance.now();
        program?.kill('SIGTERM');
        expect(await program?.ended, name).toEqual({ code: 0, signal: null });
        expect(performance.now() - started, name).toBeLessThan(Number.parseInt(grace, 10) * 1_000);
      }
    });
  },
);
