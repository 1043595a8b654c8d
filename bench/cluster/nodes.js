// Nodes of each product that the bench compares.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/free-port.js';
import { PRIMARY_NAME } from './redis.js';

/** @typedef {import('./redis.js').RedisAddress} RedisAddress */
/** @typedef {'Rollcall' | 'soketi' | 'sockudo'} Product */
/** @typedef {{ command: readonly string[], env: Record<string, string> }} Start */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HOST = '127.0.0.1';
const MAIN = join(ROOT, 'packages/cli/dist/main.js');
const SMALL_YOUNG_GENERATION = '--max-semi-space-size=4';
export const APP = { appId: '7', key: 'bench-key', secret: 'bench-secret' };

const SOCKUDO_VERSION = '5.2.0';
/** Compiling takes 12 minutes on two cores, so it is kept. */
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'rollcall-bench');

/**
 * The products that can run here. Of the others it says why they cannot.
 * @param {readonly Product[]} wanted
 */
export function products(wanted) {
  return wanted.filter((product) => {
    const missing = product === 'Rollcall' ? undefined : MISSING[product]();
    if (missing !== undefined) console.log(`${product} is skipped: ${missing}`);
    return missing === undefined;
  });
}

const MISSING = {
  soketi: () => (process.versions.node.startsWith('20.') ? undefined : 'it runs on Node 20 only'),
  sockudo: () =>
    sockudo() === undefined
      ? 'it is not on the PATH, SOCKUDO names none, and cargo cannot install it'
      : undefined,
};

/** @type {string | undefined} */
let installed;

/** The program, installed if cargo is there. */
function sockudo() {
  installed ??= [process.env['SOCKUDO'], onPath('sockudo'), join(CACHE, 'bin', 'sockudo')].find(
    (file) => file !== undefined && existsSync(file),
  );
  if (installed !== undefined || onPath('cargo') === undefined) return installed;
  console.log(`installing sockudo ${SOCKUDO_VERSION} to ${CACHE}, which takes minutes`);
  const what = ['sockudo', '--version', SOCKUDO_VERSION, '--locked'];
  const features = ['--no-default-features', '--features', 'local,redis'];
  spawnSync('cargo', ['install', '--quiet', ...what, ...features, '--root', CACHE], {
    stdio: 'inherit',
  });
  const file = join(CACHE, 'bin', 'sockudo');
  return existsSync(file) ? (installed = file) : undefined;
}

/** @param {string} program */
function onPath(program) {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).find((file) => existsSync(file));
}

/** @type {Record<Product, (port: number, redis: RedisAddress | undefined, folder: string) => Start>} */
const START = {
  Rollcall: (port, redis) => ({
    // As deploy/ starts it.
    command: [process.execPath, SMALL_YOUNG_GENERATION, MAIN, 'broker'],
    env: {
      PUSHER_PORT: String(port),
      PUSHER_APP_ID: APP.appId,
      PUSHER_APP_KEY: APP.key,
      PUSHER_APP_SECRET: APP.secret,
      ...(redis && { ROLLCALL_BUS: busOf(redis) }),
    },
  }),
  soketi: (port, redis) => {
    const args = [String(port), APP.appId, APP.key, APP.secret];
    return {
      command: [process.execPath, join(ROOT, 'test/peers/soketi/start.cjs'), ...args],
      env: {
        ...(redis && { REDIS_PORT: String(redis.port) }),
        ...(redis?.sentinels.length && {
          REDIS_SENTINELS: redis.sentinels.join(','),
          REDIS_PRIMARY: PRIMARY_NAME,
        }),
      },
    };
  },
  sockudo: (port, redis, folder) => {
    const sentinels = redis?.sentinels.map((each) => ({ host: HOST, port: each })) ?? [];
    const database = { redis: { host: HOST, port: redis?.port, name: PRIMARY_NAME, sentinels } };
    const file = join(folder, `sockudo-${port}.json`);
    writeFileSync(file, JSON.stringify(redis === undefined ? {} : { database }));
    return {
      command: [sockudo() ?? 'sockudo', '--config', file],
      env: {
        HOST,
        PORT: String(port),
        ADAPTER_DRIVER: redis === undefined ? 'local' : 'redis',
        // It takes no other in a cluster.
        CACHE_DRIVER: redis === undefined ? 'memory' : 'redis',
        QUEUE_DRIVER: 'memory',
        METRICS_ENABLED: 'false',
        RATE_LIMITER_ENABLED: 'false',
        SOCKUDO_DEFAULT_APP_ID: APP.appId,
        SOCKUDO_DEFAULT_APP_KEY: APP.key,
        SOCKUDO_DEFAULT_APP_SECRET: APP.secret,
        SOCKUDO_DEFAULT_APP_ENABLED: 'true',
        SOCKUDO_DEFAULT_APP_MAX_CONNECTIONS: '1000000',
        SOCKUDO_DEFAULT_APP_MAX_BACKEND_EVENTS_PER_SECOND: '1000000',
        SOCKUDO_DEFAULT_APP_MAX_READ_REQUESTS_PER_SECOND: '1000000',
      },
    };
  },
};

/** @param {RedisAddress} redis */
function busOf({ port, sentinels }) {
  if (sentinels.length === 0) return `redis://${HOST}:${port}`;
  return `redis+sentinel://${sentinels.map((each) => `${HOST}:${each}`).join(',')}/${PRIMARY_NAME}`;
}

/** One node, always at the same port. */
export class Node {
  host = HOST;
  appId = APP.appId;
  key = APP.key;
  secret = APP.secret;
  port = 0;
  /** Stopped by SIGSTOP. */
  isHung = false;
  /** Ended though nothing ended it. */
  hasDied = false;
  #product;
  #redis;
  #parts;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  #isToEnd = false;
  #hasStarted = false;

  /**
   * @param {Product} product
   * @param {RedisAddress | undefined} redis
   * @param {import('./parts.js').Parts} parts
   */
  constructor(product, redis, parts) {
    this.#product = product;
    this.#redis = redis;
    this.#parts = parts;
  }

  get pid() {
    return this.#child?.pid ?? 0;
  }

  /** Whether it runs and answers. */
  get isUp() {
    const { exitCode = 0, signalCode = null } = this.#child ?? {};
    return exitCode === null && signalCode === null && this.#hasStarted && !this.isHung;
  }

  async start() {
    this.port ||= await freePort();
    const { command, env } = START[this.#product](this.port, this.#redis, this.#parts.folder);
    const [file = '', ...args] = command;
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(file, args, {
      cwd: this.#parts.folder,
      env: { PATH, HOME, ...env },
      // soketi ends with this channel.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#parts.adopt(child);
    this.#child = child;
    this.#isToEnd = false;
    child.once('exit', () => {
      if (!this.#isToEnd) this.hasDied = true;
    });
    while (!(await this.#answers())) {
      if (this.hasDied) throw new Error(`${this.#product} does not start`);
      await sleep(50);
    }
    this.#hasStarted = true;
  }

  /** @param {NodeJS.Signals} signal */
  async end(signal) {
    if (this.#child === undefined || !this.isUp) return;
    this.#isToEnd = true;
    this.#hasStarted = false;
    this.#child.kill(signal);
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }

  hang() {
    this.isHung = true;
    this.#child?.kill('SIGSTOP');
  }

  resume() {
    this.isHung = false;
    this.#child?.kill('SIGCONT');
  }

  async #answers() {
    const path = this.#product === 'Rollcall' && this.#redis !== undefined ? '/ready' : '/';
    const answer = await fetch(`http://${HOST}:${this.port}${path}`).catch(() => undefined);
    return path === '/' ? answer !== undefined : answer?.ok === true;
  }
}
