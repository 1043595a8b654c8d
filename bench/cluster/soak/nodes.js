// The nodes of a cluster, as they were built, with a Redis of their own.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../test/support/free-port.js';

const CLI = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url));

export const APP = { appId: '7', key: 'bench-key', secret: 'bench-secret' };

/**
 * @typedef {object} Node
 * @property {string} host
 * @property {number} port
 * @property {number} pid
 * @property {(signal: NodeJS.Signals) => Promise<void>} end - resolves when the process has ended
 */

/** Starts Redis. It ends with this process at the latest. */
export async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-bench-redis-'));
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const redis = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const end = () => {
    redis.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', end);
  for await (const line of createInterface({ input: redis.stdout })) {
    if (line.includes('Ready to accept connections')) break;
  }
  return { bus: `redis://127.0.0.1:${port}`, end };
}

/**
 * Starts one node of a cluster.
 * @param {string} bus
 * @param {{ appId: string, key: string, secret: string }} app
 * @returns {Promise<Node>}
 */
export async function startNode(bus, app = APP) {
  const env = {
    ...process.env,
    ROLLCALL_BUS: bus,
    PUSHER_APP_ID: app.appId,
    PUSHER_APP_KEY: app.key,
    PUSHER_APP_SECRET: app.secret,
  };
  const stdio = /** @type {const} */ (['ignore', 'ignore', 'inherit', 'ipc']);
  const child = fork(CLI, ['broker', '--port', '0'], { env, stdio: [...stdio], execArgv: [] });
  const [{ host, port }] = await once(child, 'message');
  const end = async (/** @type {NodeJS.Signals} */ signal) => {
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  return { host, port, pid: child.pid ?? 0, end };
}

/** @param {number} pid */
export function residentMegabytes(pid) {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1_024);
}
