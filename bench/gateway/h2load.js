// h2load, and what it tells.
import { onLoadCore } from './rig.js';
import { urlOf } from './proxies.js';

/** Requests that are under way on each connection. */
const STREAMS = 32;

/**
 * Asks a proxy by HTTP/2 as fast as it answers.
 * @param {import('./proxies.js').Proxy} proxy
 * @param {{ path: string, connections: number, seconds: number }} options
 * @returns {{ rate: number, count: number }} answers a second, and in all
 */
export function askByHttp2(proxy, { path, connections, seconds }) {
  const load = [`-c${connections}`, `-m${STREAMS}`, `-D${seconds}`];
  const output = onLoadCore(['h2load', ...load, urlOf(proxy, path)]);
  const [, all, , right, failed] =
    /requests: (\d+) total, (\d+) started, \d+ done, (\d+) succeeded, (\d+) failed/.exec(output) ??
    [];
  if (Number(failed) > 0 || all === undefined) throw new Error(`${proxy.name}: ${output}`);
  const rate = Number(/finished in [^,]*, ([\d.]+) req\/s/.exec(output)?.[1]);
  return { rate, count: Number(right) };
}
