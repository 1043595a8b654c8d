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
    const rate = Math.floor(
      saturate(nginx, { connections, seconds: Math.max(1, seconds / 2) }).rate / 2,
    );
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
    const [direct, ofNginx, ...others] = all.map(({ proxy, p50s, p99s }) => ({
      name: proxy.name,
      // Of the round that was least disturbed: what else the machine does only ever adds.
      p50: Math.min(...p50s),
      p99: Math.min(...p99s),
    }));
    if (direct === undefined || ofNginx === undefined) return [];
    const results = [direct, ofNginx, ...others].map((each) => ({
      ...each,
      added: each.p99 - direct.p99,
      ratio: (each.p99 - direct.p99) / (ofNginx.p99 - direct.p99),
    }));
    show(
      [`at ${rate} requests/s`, 'p50 ms', 'p99 ms', 'p99 added', 'of nginx'],
      results.map(({ name, p50, p99, added, ratio }) => [name, p50, p99, added, ratio]),
    );
    return results;
  } finally {
    await rig.end();
  }
}
