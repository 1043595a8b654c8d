// The Redis servers that join the nodes: one that is killed and started again, or a primary, a replica and three Sentinels.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.js';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** What nodes connect to. @typedef {{ port: number, sentinels: readonly number[] }} RedisAddress */

const PRIMARY = 'primary';
const HOST = '127.0.0.1';

export class Redis {
  #parts;
  #port = 0;
  /** @type {ChildProcess | undefined} */
  #child;

  /** @param {import('./parts.js').Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** @type {RedisAddress} */
  get address() {
    return { port: this.#port, sentinels: [] };
  }

  /**
   * Always at the same port.
   * @param {readonly string[]} [options]
   */
  async start(options = []) {
    this.#port ||= await freePort();
    const own = [
      '--port',
      String(this.#port),
      '--bind',
      HOST,
      '--save',
      '',
      '--dir',
      this.#parts.folder,
    ];
    this.#child = await run(this.#parts, ['redis-server', ...own, ...options], /Ready to accept/);
  }

  async kill() {
    this.#child?.kill('SIGKILL');
    if (this.#child?.signalCode === null) await once(this.#child, 'exit');
  }

  flush() {
    return redisCommand(this.#port, 'FLUSHALL');
  }
}

/** Kills of the primary are followed by a failover. */
export class RedisSentinels {
  #parts;
  #primary;
  #replica;
  /** @type {number[]} */
  #ports = [];

  /** @param {import('./parts.js').Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#primary = new Redis(parts);
    this.#replica = new Redis(parts);
  }

  /** @type {RedisAddress} */
  get address() {
    return { port: this.#primary.address.port, sentinels: this.#ports };
  }

  async start() {
    await this.#primary.start();
    const { port: primary } = this.#primary.address;
    await this.#replica.start(['--replicaof', HOST, String(primary)]);
    for (const _ of [1, 2, 3]) {
      const port = await freePort();
      const file = join(this.#parts.folder, `sentinel-${port}.conf`);
      writeFileSync(
        file,
        [
          `port ${port}`,
          `bind ${HOST}`,
          `sentinel monitor ${PRIMARY} ${HOST} ${primary} 2`,
          `sentinel down-after-milliseconds ${PRIMARY} 1000`,
          `sentinel failover-timeout ${PRIMARY} 5000\n`,
        ].join('\n'),
      );
      await run(this.#parts, ['redis-sentinel', file], /\+monitor master/);
      this.#ports.push(port);
    }
    // Without the others and the replica there is no failover.
    const knowsAll = /num-slaves\r\n\$1\r\n1\r\n[^]*num-other-sentinels\r\n\$1\r\n2\r\n/;
    for (const port of this.#ports) {
      while (!knowsAll.test(await redisCommand(port, 'SENTINEL', 'MASTER', PRIMARY)))
        await sleep(200);
    }
  }

  kill() {
    return this.#primary.kill();
  }
}

/** The name of the primary, for clients of Sentinels. */
export const PRIMARY_NAME = PRIMARY;

/**
 * Sends one command by a connection of its own. Returns the reply as it came.
 * @param {number} port
 * @param {readonly string[]} words
 * @returns {Promise<string>}
 */
async function redisCommand(port, ...words) {
  const socket = connect({ host: HOST, port });
  socket.write(encode(words));
  const [reply] = await once(socket, 'data');
  socket.destroy();
  return String(reply);
}

/** @param {readonly string[]} words */
export function encode(words) {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

/**
 * Resolves when the program prints that it is ready.
 * @param {import('./parts.js').Parts} parts
 * @param {readonly string[]} command
 * @param {RegExp} ready
 */
async function run(parts, [file = '', ...args], ready) {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  parts.adopt(child);
  for await (const line of createInterface({ input: child.stdout })) if (ready.test(line)) break;
  child.stdout.resume();
  return child;
}
