import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { freePort } from '../../../../../test/support/free-port.js';
import type { Programs } from '../../../../../test/support/processes.ts';
import { redisCommand } from './redis-command.ts';
import { RedisServer } from './redis-servers.ts';

const PASSWORD = 'of-redis';
const SENTINELS = 3;

/** A primary with a replica, and three Sentinels that watch over them. */
export class RedisSentinels {
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  readonly url: string;
  readonly #ports: readonly number[];
  readonly #folder: string;

  private constructor(
    primary: RedisServer,
    replica: RedisServer,
    ports: readonly number[],
    folder: string,
  ) {
    this.primary = primary;
    this.replica = replica;
    const sentinels = ports.map((port) => `127.0.0.1:${port}`);
    this.url = `redis+sentinel://:${PASSWORD}@${sentinels.join(',')}/mymaster`;
    this.#ports = ports;
    this.#folder = folder;
  }

  /** @param sentinelPassword which the Sentinels ask for */
  static async start(programs: Programs, sentinelPassword?: string): Promise<RedisSentinels> {
    const password = ['--requirepass', PASSWORD, '--masterauth', PASSWORD];
    const primary = await RedisServer.start(programs, ...password);
    const of = ['--replicaof', '127.0.0.1', String(primary.port)];
    const replica = await RedisServer.start(programs, ...password, ...of);
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-sentinel-'));
    const ports = await Promise.all(Array.from({ length: SENTINELS }, () => freePort()));
    for (const port of ports) {
      const file = join(folder, `${port}.conf`);
      writeFileSync(file, config(port, primary.port, sentinelPassword));
      await programs.file('redis-sentinel', [file]).line(/\+monitor master/);
    }
    await Promise.all(ports.map((port) => knowsAll(port, sentinelPassword)));
    return new RedisSentinels(primary, replica, ports, folder);
  }

  /** Has the Sentinels name another primary. */
  async monitor(port: number): Promise<void> {
    const monitor = ['SENTINEL', 'MONITOR', 'mymaster', '127.0.0.1', String(port), '2'];
    for (const sentinel of this.#ports) {
      await redisCommand(sentinel, ['SENTINEL', 'REMOVE', 'mymaster']);
      await redisCommand(sentinel, monitor);
    }
  }

  remove(): void {
    this.primary.remove();
    this.replica.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function config(port: number, primaryPort: number, password: string | undefined): string {
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor mymaster 127.0.0.1 ${primaryPort} 2`,
    `sentinel auth-pass mymaster ${PASSWORD}`,
    'sentinel down-after-milliseconds mymaster 1000',
    'sentinel failover-timeout mymaster 5000',
  ];
  if (password !== undefined) {
    lines.push(`requirepass ${password}`, `sentinel sentinel-pass ${password}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Resolves when a Sentinel knows the others and the replica, without which there is no failover. */
async function knowsAll(port: number, password: string | undefined): Promise<void> {
  const fields = { 'num-slaves': '1', 'num-other-sentinels': String(SENTINELS - 1) };
  await vi.waitUntil(
    async () => {
      const reply = await redisCommand(port, ['SENTINEL', 'MASTER', 'mymaster'], password);
      const list = Array.isArray(reply) ? reply : [];
      return Object.entries(fields).every(([key, value]) => list[list.indexOf(key) + 1] === value);
    },
    { timeout: 30_000, interval: 200 },
  );
}
