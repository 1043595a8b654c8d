import { Agent, get } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-versions-'));
const SEED = Number(process.env['SEED'] ?? 1);

/** Keeps so many requests in flight until it is stopped. */
class Load {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #clients: Promise<void>[];
  #isStopped = false;

  constructor(url: string, connections: number) {
    this.#clients = Array.from({ length: connections }, () => this.#run(url));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#clients);
    this.#agent.destroy();
  }

  async #run(url: string): Promise<void> {
    while (!this.#isStopped)
      await new Promise<void>((resolve) => {
        get(url, { agent: this.#agent }, (response) => response.resume().on('end', resolve)).on(
          'error',
          () => resolve(),
        );
      });
  }
}

let cluster: Cluster;
let gateway: RunningGateway;
const loads: Load[] = [];
beforeAll(async () => {
  cluster = await Cluster.start();
  const file = join(folder, 'rollcall.json');
  writeFileSync(file, JSON.stringify({ versions: { stepMs: 2000 } }));
  gateway = await cluster.gateway(['--config', file, '--snapshot', 'none', '--workers', '2']);
});
afterAll(async () => {
  await Promise.all(loads.map((load) => load.stop()));
  await cluster.end();
  rmSync(folder, { recursive: true });
});

async function service(prefix: string, version: string, failures: number, medianMs: number) {
  const seed = SEED + version.length + prefix.length;
  const args = [prefix, version, seed, failures, medianMs].map(String);
  const program = cluster.programs.node('test/support/versioned-service.js', args, cluster.env);
  await program.line(/registered/);
}

/** What becomes of a new version beside an old one, under load. */
async function rollout(prefix: string, failures: number, medianMs: number): Promise<string> {
  await service(prefix, '1.4', 0.001, 20);
  await gateway.program.line(new RegExp(`route registered \\S+${prefix} `));
  loads.push(new Load(`${gateway.url}${prefix}`, 8));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const decided = gateway.program.line(
    new RegExp(`version 1.5 of ${prefix} is (accepted|held back): .*`),
  );
  await service(prefix, '1.5', failures, medianMs);
  const [line] = await decided;
  return line;
}

describe(`a new version, at a gateway with two workers (seed ${SEED})`, () => {
  it.concurrent('that fails 3 % more is held back, with the figures', async () => {
    expect(await rollout('/fails', 0.031, 20)).toMatch(/held back/);
  }, 90_000);
  it.concurrent('that is 30 % slower is held back, with the figures', async () => {
    expect(await rollout('/slow', 0.001, 26)).toMatch(/held back/);
  }, 90_000);
  it.concurrent('that is as good is accepted', async () => {
    expect(await rollout('/good', 0.001, 20)).toMatch(/accepted/);
  }, 90_000);
});
