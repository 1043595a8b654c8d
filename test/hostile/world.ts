import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, vi } from 'vitest';
import { ask, BrokerCluster } from '../support/cluster.ts';
import { PROGRAMS } from '../support/processes.ts';
import type { Environment, RunningProgram } from '../support/processes.ts';

/** How many worker processes the gateways of these tests have. */
export const WORKERS = [['1'], ['2']] as const;

/** What a gateway logs that has lost an instance, a worker or its composure. */
export const BAD = /went down|is down|suspected|ended \(|uncaught|unexpected/i;

const clusters: BrokerCluster[] = [];
afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster.end();
});

export interface World {
  readonly cluster: BrokerCluster;
  readonly gateway: RunningProgram;
  readonly url: string;
}

interface WorldOptions {
  readonly args?: readonly string[];
  /** Of gateway and instance. */
  readonly env?: Environment;
  readonly brokerEnv?: Environment;
  /** The name of the broker, for the gateway alone. */
  readonly host?: string;
  /** A command that starts the gateway. */
  readonly via?: readonly string[];
}

/** Starts a broker, a gateway and an instance of /v1, and resolves when a request reaches the instance. */
export async function world({
  args = [],
  env = {},
  brokerEnv = {},
  host,
  via = [],
}: WorldOptions = {}): Promise<World> {
  const cluster = await BrokerCluster.startWith('embedded', brokerEnv);
  clusters.push(cluster);
  const gateway = cluster.programs.node(
    PROGRAMS.cli,
    ['gateway', '--port', '0', '--admin-port', '0', ...args],
    { ...cluster.env, ...env, ...(host !== undefined && { PUSHER_HOST: host }) },
    via,
  );
  const { port } = await gateway.listening;
  await cluster.idV5('one', env);
  const url = `http://127.0.0.1:${port}`;
  await vi.waitUntil(async () => (await statusOf(url)) === 200, { timeout: 10_000 });
  return { cluster, gateway, url };
}

async function statusOf(url: string): Promise<number> {
  const headers = { 'Content-Type': 'application/json' };
  const { status } = await ask(`${url}/v1/generate`, {
    method: 'POST',
    headers,
    body: '{"id":"3jhbj333"}',
  });
  return status;
}

/** Expects that each request of so many milliseconds is answered with 200. */
export async function servesFor(url: string, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    expect(await statusOf(url)).toBe(200);
    await sleep(20);
  }
}
