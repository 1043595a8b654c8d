import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countUp } from '../../support/admin.ts';
import { Cluster } from '../../support/cluster.ts';
import type { RunningGateway } from '../../support/cluster.ts';
import { APP } from '../../support/connection.ts';
import { freePort } from '../../support/free-port.js';
import { GENERATE_V5, Load } from '../../support/load.ts';
import type { Environment, RunningProgram } from '../../support/processes.ts';
import { TcpLink } from '../../support/tcp-link.ts';

const LONG = { timeout: 20_000 };
/** A connection is given up 15 s after it has fallen silent. */
const SILENCE_FOUND_OUT_MS = 90_000;
/** The variables of a single broker, which would contradict the list. */
const NONE = {
  PUSHER_APP_ID: '',
  PUSHER_APP_KEY: '',
  PUSHER_APP_SECRET: '',
  PUSHER_HOST: '',
  PUSHER_PORT: '',
};

let cluster: Cluster;
let brokers: RunningProgram[];
let links: TcpLink[];
let ports: number[];
let env: Environment;
let gateway: RunningGateway;
beforeEach(async () => {
  cluster = await Cluster.start();
  ports = [await freePort(), await freePort(), await freePort()];
  brokers = await Promise.all(ports.map(startBroker));
  links = await Promise.all(ports.map((port) => TcpLink.to({ host: '127.0.0.1', port })));
  const { appId, key, secret } = APP;
  const urls = links.map(({ port }) => `http://${key}:${secret}@127.0.0.1:${port}/apps/${appId}`);
  env = { ...NONE, ROLLCALL_BROKERS: urls.join(',') };
  gateway = await cluster.gateway([], env);
  const services = await Promise.all(
    ['one', 'two', 'three'].map((name) => cluster.idV5(name, env)),
  );
  await expect.poll(() => countUp(gateway, '/v1'), LONG).toBe(3);
  for (const { lines } of services)
    await expect
      .poll(() => lines.filter((line) => line.includes('registered at another broker')), LONG)
      .toHaveLength(2);
});
afterEach(async () => {
  await cluster.end();
  for (const link of links) await link.close();
});

async function startBroker(port: number): Promise<RunningProgram> {
  const broker = cluster.cli(['broker', '--port', String(port)]);
  await broker.line(/broker listens/);
  return broker;
}

const nameOf = (index: number) => `127.0.0.1:${links[index]?.port}`;
/** What the gateway has said about instances since all were registered. */
const toldOfInstances = () =>
  gateway.program.lines.filter((line) => /route |instance |suspect|refused/.test(line));

/** Does something to a broker under load, and has the gateway find out. */
async function underLoad(index: number, act: () => Promise<void> | void): Promise<void> {
  const load = new Load(gateway.url, [GENERATE_V5], { connections: 2 });
  const lost = gateway.program.nextLine(
    new RegExp(`lost the connection to the broker at ${nameOf(index)}: .* stay connected`),
  );
  await act();
  await lost;
  const { answered } = load;
  await expect.poll(() => load.answered, LONG).toBeGreaterThan(answered + 100);
  await load.stop();
  expect(load.failures).toEqual([]);
}

const connectedAgain = (index: number) =>
  gateway.program.nextLine(new RegExp(`connected to the broker at ${nameOf(index)}`));

describe('one of three brokers', () => {
  it(
    'that is killed, cut off, or replaced by an empty one fails no request, and no instance is doubted',
    async () => {
      const before = toldOfInstances();
      expect(before).toHaveLength(3);
      await underLoad(0, () => brokers[0]?.kill('SIGKILL'));
      // Instances come and go meanwhile, and are reported once.
      const four = await cluster.idV5('four', env);
      await expect.poll(() => countUp(gateway, '/v1'), LONG).toBe(4);
      let again = connectedAgain(0);
      brokers[0] = await startBroker(ports[0] ?? 0);
      await again;
      await four.line(new RegExp(`registered at another broker broker="?${nameOf(0)}`));

      await underLoad(1, () => links[1]?.cut());
      four.kill('SIGTERM');
      await four.ended;
      await expect.poll(() => countUp(gateway, '/v1'), LONG).toBe(3);
      again = connectedAgain(1);
      links[1]?.heal();
      await again;

      await underLoad(2, async () => {
        brokers[2]?.kill('SIGKILL');
        await brokers[2]?.ended;
        brokers[2] = await startBroker(ports[2] ?? 0);
      });
      const told = toldOfInstances().slice(before.length);
      expect(told).toEqual([
        expect.stringMatching(/route registered/),
        expect.stringMatching(/route unregistered/),
      ]);
    },
    SILENCE_FOUND_OUT_MS,
  );

  it(
    'that hangs until it is given up, and goes on then, fails no request, and no instance is doubted',
    async () => {
      const before = toldOfInstances();
      await underLoad(1, () => brokers[1]?.kill('SIGSTOP'));
      const again = connectedAgain(1);
      brokers[1]?.kill('SIGCONT');
      await again;
      const load = new Load(gateway.url, [GENERATE_V5], { connections: 2 });
      await expect.poll(() => load.answered, LONG).toBeGreaterThan(200);
      await load.stop();
      expect(load.failures).toEqual([]);
      expect(toldOfInstances()).toEqual(before);
    },
    SILENCE_FOUND_OUT_MS,
  );
});
