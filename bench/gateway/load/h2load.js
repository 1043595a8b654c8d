// h2load: asks by HTTP/2 as fast as answers come.
import { onLoadCore, script } from '../rig.js';
import { urlOf } from '../proxies.js';

/** Requests that are under way on each connection. */
const STREAMS = 32;

/**
 * @param {import('../proxies.js').Proxy} proxy
 * @param {import('../works.js').Load} load
 * @returns {import('./wrk.js').Answers}
 */
export function askByH2load(proxy, { path, connections, seconds }) {
  const options = [`-c${connections}`, `-m${STREAMS}`, `-D${seconds}`];
  if (proxy.protocol === 'grpc') {
    options.push('-d', script('load/message.grpc'), '-H', 'te: trailers');
    options.push('-H', 'content-type: application/grpc');
  }
  const output = onLoadCore(['h2load', ...options, urlOf(proxy, path)]);
  const [, all, right, failed] =
    /requests: (\d+) total, \d+ started, \d+ done, (\d+) succeeded, (\d+) failed/.exec(output) ??
    [];
  if (Number(failed) > 0 || all === undefined) throw new Error(`${proxy.name}: ${output}`);
  const rate = Number(/finished in [^,]*, ([\d.]+) req\/s/.exec(output)?.[1]);
  return { rate, count: Number(right) };
}
