// wrk: asks by HTTP/1.1 as fast as answers come.
import { onLoadCore, script } from '../rig.js';
import { urlOf } from '../proxies.js';

/** @typedef {{ rate: number, count: number }} Answers a second, and in all */

/**
 * @param {import('../proxies.js').Proxy} proxy
 * @param {import('../works.js').Load} load
 * @returns {Answers}
 */
export function askByWrk(proxy, { path, connections, seconds, lua, args = [], closes = false }) {
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`];
  if (lua !== undefined) options.push('-s', script(`load/${lua}`));
  if (closes) options.push('-H', 'Connection: close');
  const output = onLoadCore(['wrk', ...options, urlOf(proxy, path), ...args]);
  if (/Non-2xx|Socket errors/.test(output)) throw new Error(`${proxy.name}: ${output}`);
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]),
    count: Number(/(\d+) requests in/.exec(output)?.[1]),
  };
}
