// wrk, and what it tells.
import { askByHttp2 } from './h2load.js';
import { cpuSeconds, onLoadCore } from './rig.js';
import { urlOf } from './proxies.js';

/** @typedef {{ rate: number, cost: number }} Load answers a second, and us of the proxy's core for each */

/**
 * Asks a proxy as fast as it answers.
 * @param {import('./proxies.js').Proxy} proxy
 * @param {{ path?: string, connections: number, seconds: number, script?: string }} options
 * @returns {Load}
 */
export function saturate(proxy, { path = '/v1/x', connections, seconds, script }) {
  if (seconds === 0) return { rate: Number.NaN, cost: Number.NaN };
  const before = proxy.pid === 0 ? 0 : cpuSeconds(proxy.pid);
  const { rate, count } = (proxy.isHttp2 ? askByHttp2 : ask)(proxy, {
    path,
    connections,
    seconds,
    script,
  });
  const used = proxy.pid === 0 ? 0 : cpuSeconds(proxy.pid) - before;
  // A proxy that was given no time has answered nothing.
  return { rate, cost: count === 0 ? Infinity : (used * 1e6) / count };
}

/**
 * @param {import('./proxies.js').Proxy} proxy
 * @param {{ path: string, connections: number, seconds: number, script?: string | undefined }} options
 */
function ask(proxy, { path, connections, seconds, script }) {
  const load = ['-t1', `-c${connections}`, `-d${seconds}s`, ...(script ? ['-s', script] : [])];
  const output = onLoadCore(['wrk', ...load, urlOf(proxy, path)]);
  if (/Non-2xx|Socket errors/.test(output)) throw new Error(`${proxy.name}: ${output}`);
  const count = Number(/(\d+) requests in/.exec(output)?.[1]);
  return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]), count };
}
