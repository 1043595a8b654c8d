// OpenSSL's s_time: a connection by TLS for each request, one at a time, with sessions resumed.
import { execFileSync } from 'node:child_process';
import { LOAD_CORE } from '../rig.js';

/**
 * @param {import('../proxies.js').Proxy} proxy
 * @param {import('../works.js').Load} load
 * @returns {import('./wrk.js').Answers}
 */
export function resume({ name, port }, { path, seconds }) {
  const command = ['openssl', 's_time', '-connect', `127.0.0.1:${port}`, '-www', path];
  const output = execFileSync(
    'taskset',
    ['-c', LOAD_CORE, ...command, '-reuse', '-time', `${seconds}`],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  // Each connection is an `r` if its session was resumed.
  const count = /^r+$/m.exec(output)?.[0].length ?? 0;
  const all = Number(/^(\d+) connections in \d+ real/m.exec(output)?.[1]);
  if (count < all - 1) throw new Error(`${name} resumed ${count} of ${all} sessions: ${output}`);
  return { rate: count / seconds, count };
}
