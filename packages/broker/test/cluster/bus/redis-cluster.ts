import { vi } from 'vitest';
import { freePort } from '../../../../../test/support/free-port.js';
import type { Programs } from '../../../../../test/support/processes.ts';
import { redisCommand } from './redis-command.ts';
import { RedisServer } from './redis-servers.ts';

const PRIMARIES = 3;
const SLOTS = 16_384;

/** A Redis Cluster of three primaries, the first of which may have a replica. */
export class RedisCluster {
  readonly primaries: readonly RedisServer[];
  readonly replica: RedisServer | undefined;
  readonly url: string;

  private constructor(primaries: readonly RedisServer[], replica: RedisServer | undefined) {
    this.primaries = primaries;
    this.replica = replica;
    const servers = primaries.map(({ port }) => `127.0.0.1:${port}`);
    this.url = `redis+cluster://${servers.join(',')}`;
  }

  static async start(programs: Programs, { hasReplica = false } = {}): Promise<RedisCluster> {
    const busPorts = new Map<RedisServer, number>();
    for (let each = 0; each < PRIMARIES + Number(hasReplica); each += 1) {
      const port = await freePort();
      const cluster = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'];
      const server = await RedisServer.start(programs, ...cluster, '--cluster-port', String(port));
      busPorts.set(server, port);
    }
    const servers = [...busPorts.keys()];
    const primaries = servers.slice(0, PRIMARIES);
    const [first] = primaries;
    for (const [index, { port }] of primaries.entries()) {
      const bounds = [index, index + 1].map((part) => Math.floor((part * SLOTS) / PRIMARIES));
      const [begin = 0, end = 0] = bounds;
      await redisCommand(port, ['CLUSTER', 'ADDSLOTSRANGE', String(begin), String(end - 1)]);
      await redisCommand(port, ['CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1)]);
    }
    for (const [server, busPort] of busPorts) {
      const meet = ['CLUSTER', 'MEET', '127.0.0.1', String(server.port), String(busPort)];
      if (server !== first) await redisCommand(first?.port ?? 0, meet);
    }
    await Promise.all(servers.map((server) => knows(server, servers.length)));
    const cluster = new RedisCluster(primaries, servers[PRIMARIES]);
    await cluster.#replicate();
    return cluster;
  }

  get servers(): readonly RedisServer[] {
    return this.replica === undefined ? this.primaries : [...this.primaries, this.replica];
  }

  remove(): void {
    for (const server of this.servers) server.remove();
  }

  /** Moves a slot from one primary to another. */
  async move(slot: number, from: RedisServer, to: RedisServer): Promise<void> {
    const id = String(await redisCommand(to.port, ['CLUSTER', 'MYID']));
    for (const { port } of [to, from]) {
      await redisCommand(port, ['CLUSTER', 'SETSLOT', String(slot), 'NODE', id]);
    }
  }

  async #replicate(): Promise<void> {
    const [first] = this.primaries;
    if (this.replica === undefined || first === undefined) return;
    const id = String(await redisCommand(first.port, ['CLUSTER', 'MYID']));
    await redisCommand(this.replica.port, ['CLUSTER', 'REPLICATE', id]);
    await vi.waitFor(
      async () => {
        const info = String(await redisCommand(first.port, ['INFO', 'replication']));
        if (!info.includes('state=online')) throw new Error(info);
      },
      { timeout: 30_000, interval: 200 },
    );
  }
}

/** Resolves when a server knows so many, and that all slots are served. */
async function knows({ port }: RedisServer, servers: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const info = String(await redisCommand(port, ['CLUSTER', 'INFO']));
      if (!/cluster_state:ok/.test(info) || !info.includes(`cluster_known_nodes:${servers}\r`)) {
        throw new Error(info);
      }
    },
    { timeout: 30_000, interval: 200 },
  );
}
