// What one more idle connection of a client takes of a proxy's memory, after a small request and after one with a large head.
// What the system keeps for it is not counted.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { askByWrk } from './load/wrk.js';
import { startProxies } from './proxies.js';
import { show } from './report.js';
import { LOAD_CORE, Rig, memory, script } from './rig.js';

const SETTLE_MS = 1000;

/** @param {{ proxies: readonly string[], connections: number, warmUp: number, headBytes: number }} sizes */
export async function idle({ proxies: names, connections, warmUp, headBytes }) {
  const results = [];
  for (const name of names) {
    const small = await bytesEach(name, { connections, warmUp, headBytes: 0 });
    const large = await bytesEach(name, { connections, warmUp, headBytes });
    results.push({ name, small, large });
  }
  show(
    [`${connections} more idle connections`, 'bytes each', `after a head of ${headBytes} bytes`],
    results.map(({ name, small, large }) => [name, small, large]),
  );
  return results;
}

/** @param {string} name @param {{ connections: number, warmUp: number, headBytes: number }} sizes */
async function bytesEach(name, { connections, warmUp, headBytes }) {
  const rig = new Rig();
  try {
    const [proxy] = await startProxies(rig, [name], 'http1');
    if (proxy === undefined) return Number.NaN;
    if (warmUp > 0) askByWrk(proxy, { path: '/v1/x', connections: 64, seconds: warmUp });
    // What a proxy allocates once is there when it has as many already: of Node, its young generation.
    const before = await hold(rig, proxy, { connections, headBytes, before: 0 });
    const after = await hold(rig, proxy, { connections, headBytes, before: connections });
    return (after - before) / connections;
  } finally {
    await rig.end();
  }
}

/**
 * Opens so many more connections, and returns the memory of the proxy once they are idle.
 * @param {Rig} rig
 * @param {import('./proxies.js').Proxy} proxy
 * @param {{ connections: number, headBytes: number, before: number }} options
 */
async function hold(rig, proxy, { connections, headBytes, before }) {
  const args = [proxy.port, connections, headBytes, before].map(String);
  const holder = rig.start(LOAD_CORE, [process.execPath, script('load/holder.js'), ...args]);
  const [message] = await Promise.race([once(holder, 'message'), once(holder, 'exit')]);
  if (message !== 'held')
    throw new Error(`${proxy.name} does not serve ${before + connections} connections`);
  await sleep(SETTLE_MS);
  return memory(proxy.pid);
}
