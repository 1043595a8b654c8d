// What a proxy adds to the time of an answer when it is busy but not overrun: at half of what nginx can do.
import { startProxies } from './proxies.js';
import { show } from './report.js';
import { Rig, onLoadCore, script } from './rig.js';
import { saturate } from './wrk.js';

/** @param {{ rounds: number, seconds: number, warmUp: number, connections: number }} sizes */
export async function latency({ rounds, seconds, warmUp, connections }) {
  const rig = new Rig();
  try {
    const { proxies, direct: noProxy } = await startProxies(rig, ['nginx', 'relay', 'rollcall']);
    const [nginx] = proxies;
    if (nginx === undefined) return [];
    for (const proxy of proxies) saturate(proxy, { connections, seconds: warmUp });
    const saturations = [1, 2, 3].map(() => saturate(nginx, { connections, seconds: 1 }).rate);
    const rate = Math.floor(Math.max(...saturations) / 2);
    const all = [noProxy, ...proxies].map((proxy) => ({
      proxy,
      p50s: /** @type {number[]} */ ([]),
      p99s: /** @type {number[]} */ ([]),
    }));
    for (let round = 0; round < rounds; round++) {
      for (const { proxy, p50s, p99s } of all) {
        const args = [proxy.port, rate, seconds, connections].map(String);
        const { p50, p99 } = JSON.parse(
          onLoadCore([process.execPath, script('loader.js'), ...args]),
        );
        p50s.push(p50);
        p99s.push(p99);
      }
    }
    const figures = all.map(({ proxy, p50s, p99s }) => ({
      name: proxy.name,
      // Of the round that was least disturbed: what else the machine does only ever adds.
      p50: Math.min(...p50s),
      p99: Math.min(...p99s),
    }));
    const ofNginx = figures.find(({ name }) => name === 'nginx')?.p99 ?? Number.NaN;
    const results = figures.map((each) => ({ ...each, ratio: each.p99 / ofNginx }));
    show(
      [`at ${rate} requests/s`, 'p50 ms', 'p99 ms', 'of nginx'],
      results.map(({ name, p50, p99, ratio }) => [name, p50, p99, ratio]),
    );
    return results;
  } finally {
    await rig.end();
  }
}
