// The processes of a bench: each a file of this folder, told and telling by messages.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** Milliseconds of the machine's monotonic clock: the same in every process, unlike performance.now(). */
export function now() {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** What a bench has started, so that nothing of it is left when it ends. */
export class Parts {
  /** @type {ChildProcess[]} */
  #children = [];
  /** @type {string[]} */
  #folders = [];

  /**
   * Starts a file of this folder, and resolves to it and its first message.
   * @param {string} file
   * @param {Record<string, string>} [env]
   * @param {string[]} [nodeOptions]
   * @returns {Promise<{ part: ChildProcess, ready: any }>}
   */
  async start(file, env = {}, nodeOptions = []) {
    const part = fork(fileURLToPath(new URL(file, import.meta.url)), [], {
      env: { ...process.env, ...env },
      execArgv: nodeOptions,
    });
    this.adopt(part);
    return { part, ready: await answer(part) };
  }

  /**
   * The embedded broker in a process of its own; resolves to what others need to reach it.
   * @returns {Promise<Record<string, string>>}
   */
  async broker() {
    const { ready } = await this.start('broker.js');
    return { ...APP_ENV, PUSHER_HOST: '127.0.0.1', PUSHER_PORT: String(ready.port) };
  }

  /** @param {ChildProcess} child */
  adopt(child) {
    this.#children.push(child);
  }

  /** @param {string} folder */
  adoptFolder(folder) {
    this.#folders.push(folder);
  }

  /** Ends every process, the latest first, and removes every folder. */
  async end() {
    for (const child of this.#children.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    for (const folder of this.#folders) await rm(folder, { recursive: true });
  }
}

export const APP = { appId: '42', key: 'bench-key', secret: 'bench-secret' };

export const APP_ENV = {
  PUSHER_APP_ID: APP.appId,
  PUSHER_APP_KEY: APP.key,
  PUSHER_APP_SECRET: APP.secret,
};

/**
 * The next message of a part; an error if it ends instead.
 * @param {ChildProcess} part
 * @returns {Promise<any>}
 */
export function answer(part) {
  return new Promise((resolve, reject) => {
    /** @param {unknown} message */
    function onMessage(message) {
      part.off('exit', onExit);
      resolve(message);
    }
    /** @param {number | null} code */
    function onExit(code) {
      part.off('message', onMessage);
      reject(new Error(`a part of the bench ended with ${code}: ${part.spawnargs.join(' ')}`));
    }
    part.once('message', onMessage);
    part.once('exit', onExit);
  });
}

/**
 * An address of this machine for each instance, because an endpoint is one instance of a prefix.
 * @param {number} index
 */
export function loopbackAddress(index) {
  return `127.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
}

/** How many instances a gateway has, all and healthy ones. @param {string} adminUrl */
export async function instancesAt(adminUrl) {
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
  const lines = metrics.matchAll(
    /^rollcall_gateway_instances\{route="\/bench",status="(\w+)"\} (\d+)$/gm,
  );
  const counts = Array.from(lines, ([, status, count]) => ({ status, count: Number(count) }));
  return {
    all: counts.reduce((sum, { count }) => sum + count, 0),
    healthy: counts.find(({ status }) => status === 'healthy')?.count ?? 0,
  };
}

/** To the process that started this one. @param {object} message */
export function tell(message) {
  process.send?.(message);
}
