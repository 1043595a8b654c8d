import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/free-port.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const APP = { appId: '7', key: 'bench-key', secret: 'bench-secret' };

/** Our broker, as it was built. */
export async function startOurs() {
  const env = {
    ...process.env,
    PUSHER_APP_ID: APP.appId,
    PUSHER_APP_KEY: APP.key,
    PUSHER_APP_SECRET: APP.secret,
  };
  return start(`${ROOT}packages/cli/dist/main.js`, ['broker', '--port', '0'], env);
}

/** It is installed by `node scripts/setup.js --tests`, on Node 20. */
export async function startSoketi() {
  const args = [String(await freePort()), APP.appId, APP.key, APP.secret];
  return start(`${ROOT}test/peers/soketi/start.cjs`, args, process.env);
}

/**
 * @param {string} module
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<import('./scenarios.js').Server>}
 */
async function start(module, args, env) {
  // Each ends with this process, which is their parent.
  const child = fork(module, args, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [{ host, port }] = await once(child, 'message');
  return { ...APP, host, port, pid: child.pid ?? 0 };
}
