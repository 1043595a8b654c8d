// wrk, and what it tells.
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
  const load = ['-t1', `-c${connections}`, `-d${seconds}s`, ...(script ? ['-s', script] : [])];
  const output = onLoadCore(['wrk', ...load, urlOf(proxy, path)]);
  if (/Non-2xx|Socket errors/.test(output)) throw new Error(`${proxy.name}: ${output}`);
  const count = Number(/(\d+) requests in/.exec(output)?.[1]);
  const used = proxy.pid === 0 ? 0 : cpuSeconds(proxy.pid) - before;
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]),
    // A proxy that was given no time has answered nothing.
    cost: count === 0 ? Infinity : (used * 1e6) / count,
  };
}
